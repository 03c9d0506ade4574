import type { Locator, Page } from '@playwright/test'
import { clear, expect, faults, freeHour, onBoard, test, url, wall } from './school'

/** Tab until this has the focus: what cannot be reached so cannot be used. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 150; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`the keyboard does not reach ${target}`)
}

test('a booking is made, seen and cancelled by the keyboard alone', async ({ school }, info) => {
  test.skip(info.project.name === 'phone', 'a phone has no keyboard')
  const page = await school.as('student')
  await clear(page)
  const gap = await freeHour(page)
  const { day, time } = wall(gap.starts_at)
  const end = wall(Date.parse(gap.starts_at) + 3_600_000).time
  await page.goto(url(`/stations/${gap.station.code}?day=${day}`))

  await expect(page.locator('[name=day]')).toHaveValue(day)
  await tabTo(page, page.locator('[name=starts]'))
  await page.keyboard.type(time)
  await expect(page.locator('[name=starts]')).toHaveValue(time)
  await tabTo(page, page.locator('[name=ends]'))
  await page.keyboard.type(end)
  await expect(page.locator('[name=ends]')).toHaveValue(end)
  await tabTo(page, page.locator('form [type=submit]'))
  await page.keyboard.press('Enter')
  await expect(page.locator('.toaster')).toContainText(gap.station.code)
  await expect(page.locator('tr.mine')).toContainText(`${time}–${end}`)
  expect(await faults(page)).toEqual([])

  await tabTo(page, page.locator('nav a[href="/bookings"]'))
  await page.keyboard.press('Enter')
  const row = page.locator('[data-booking]').filter({ hasText: gap.station.code }).filter({ has: page.locator('.danger') })
  await expect(row).toContainText(time)
  await expect(page.locator('h1')).toBeFocused()
  await tabTo(page, row.locator('.danger'))
  await page.keyboard.press('Enter')
  await expect(row).toHaveCount(0)
})

test('a taken slot says why, and another is one tap away', async ({ school }) => {
  const [first, second] = [await school.as('student'), await school.as('planner')]
  await clear(first)
  await clear(second)
  const gap = await freeHour(first)
  const { day, time } = wall(gap.starts_at)
  const end = wall(Date.parse(gap.starts_at) + 3_600_000).time
  for (const page of [first, second]) {
    await page.goto(url(`/stations/${gap.station.code}?day=${day}`))
    await page.locator('[name=starts]').selectOption(time)
    await page.locator('[name=ends]').selectOption(end)
  }
  await first.locator('form [type=submit]').click()
  await expect(first.locator('tr.mine')).toBeVisible()

  await second.locator('form [type=submit]').click()
  await expect(second.locator('.refused li').first()).toBeVisible()
  expect(await faults(second)).toEqual([])
  await second.locator('.refused .ways button').first().click()
  await expect(second.locator('.refused')).toHaveCount(0)
  await expect(second.locator('.toaster')).toBeVisible()
  await clear(first)
  await clear(second)
})

test('a booking is moved, and a cancelled one comes back by undo', async ({ school }) => {
  const page = await school.as('student')
  await clear(page)
  const gap = await freeHour(page)
  const { day, time } = wall(gap.starts_at)
  const [later, end] = [1, 2].map((hours) => wall(Date.parse(gap.starts_at) + hours * 3_600_000).time) as [string, string]
  await page.goto(url(`/stations/${gap.station.code}?day=${day}`))
  await page.locator('[name=starts]').selectOption(time)
  await page.locator('[name=ends]').selectOption(later)
  await page.locator('form [type=submit]').click()
  await expect(page.locator('tr.mine')).toBeVisible()

  await page.goto(url('/bookings'))
  const row = page.locator('[data-booking]').filter({ has: page.locator('.danger') })
  await row.getByRole('button', { name: 'Move' }).click()
  await page.locator('dialog [name=starts]').selectOption(later)
  await page.locator('dialog [name=ends]').selectOption(end)
  await page.locator('dialog [type=submit]').click()
  await expect(row).toContainText(`${later}–${end}`)

  await row.locator('.danger').click()
  await expect(row).toHaveCount(0)
  await page.locator('.toaster .act').click()
  await expect(row).toContainText(`${later}–${end}`)
  await clear(page)
})

test('book now is one tap, and undone by one', async ({ school }) => {
  const page = await school.as('student')
  await clear(page)
  await onBoard(page)
  const free = page.locator('article[data-state=free]').filter({ has: page.locator('.go') })
  const codes = await free.evaluateAll((cards) => cards.map((card) => (card as HTMLElement).dataset.station!))
  let code: string | undefined
  for (const one of codes) {
    if (one.startsWith('CNC')) continue // the student has no qualification for these
    const choices = page.locator(`[data-station="${one}"] .choices`)
    await page.locator(`[data-station="${one}"] .go`).click()
    await expect(choices).toBeVisible()
    if (await choices.locator('.offer').count()) {
      code = one
      break
    }
    await page.keyboard.press('Escape')
  }
  test.skip(!code, 'nothing can be booked at this hour')
  const card = page.locator(`[data-station="${code}"]`)
  await card.locator('.offer').first().click()
  await expect(page.locator('.toaster')).toContainText(code!)
  await expect(card).not.toHaveAttribute('data-state', 'free')
  await page.locator('.toaster .act').click()
  await expect(card).toHaveAttribute('data-state', 'free')
})

test('a student sees that a station is booked, an instructor sees by whom', async ({ school }) => {
  const [student, instructor] = [await school.as('student'), await school.as('instructor')]
  const board = async (page: Page) => {
    const { stations } = (await (await page.request.get(url('/api/v1/board'))).json()) as { stations: { day: { bookings: { mine: boolean; person_name?: string }[] } }[] }
    return stations.flatMap(({ day }) => day.bookings).filter(({ mine }) => !mine)
  }
  expect((await board(student)).filter(({ person_name }) => person_name)).toEqual([])
  const seen = await board(instructor)
  expect(seen.filter(({ person_name }) => person_name)).toHaveLength(seen.length)
})
