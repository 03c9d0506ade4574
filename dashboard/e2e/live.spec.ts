import { expect, onBoard, test, url } from './school'

test('two browsers see each other’s changes', async ({ school }) => {
  test.setTimeout(120_000)
  const [student, instructor] = [await school.as('student'), await school.as('instructor')]
  await onBoard(student)
  await onBoard(instructor)
  const code = await student.locator('article:not([data-state=down])').last().getAttribute('data-station')
  const card = student.locator(`[data-station="${code}"]`)
  const before = await card.getAttribute('data-state')

  const { csrf_token } = (await (await instructor.request.get(url('/api/v1/me'))).json()) as { csrf_token: string }
  const headers = { 'X-CSRF-Token': csrf_token }
  const made = await instructor.request.post(url('/api/v1/outages'), { headers, data: { station: code, reason: '主轴报警' } })
  expect(made.status(), await made.text()).toBe(201)
  const { id, starts_at } = (await made.json()) as { id: string; starts_at: string }
  try {
    for (const page of [student, instructor]) {
      await expect(page.locator(`[data-station="${code}"]`)).toHaveAttribute('data-state', 'down')
      await expect(page.locator(`[data-station="${code}"] .line`)).toHaveText('主轴报警')
    }
  } finally {
    // A span must hold at least a second.
    const ends_at = new Date(Math.max(Date.now(), Date.parse(starts_at) + 1_000)).toISOString()
    const ended = await instructor.request.patch(url(`/api/v1/outages/${id}`), { headers, data: { ends_at } })
    expect(ended.status(), await ended.text()).toBe(200)
  }
  // The end lies a moment ahead, and the board looks at its clock once a minute.
  await expect(card).not.toHaveAttribute('data-state', 'down', { timeout: 70_000 })
  if (before === 'free') await expect(card).not.toHaveAttribute('data-state', 'unknown')
})

test('offline it says how old everything is, and back it catches up', async ({ school }) => {
  const page = await school.as('student')
  await onBoard(page)
  const cards = await page.locator('article').count()
  await page.context().setOffline(true)
  await page.evaluate(() => dispatchEvent(new Event('offline')))
  await expect(page.locator('[data-liveness=stale]')).toBeVisible()
  await expect(page.locator('article')).toHaveCount(cards)
  await page.context().setOffline(false)
  await expect(page.locator('[data-liveness=live]')).toBeVisible({ timeout: 20_000 })
})

test('counts filter, the address remembers, and back works', async ({ school }) => {
  const page = await school.as('student')
  await onBoard(page)
  const chip = page.locator('[data-chip]').filter({ hasNot: page.locator('b:text-is("0")') }).last()
  const state = await chip.getAttribute('data-chip')
  const count = Number(await chip.locator('b').textContent())
  await chip.click()
  await expect(page).toHaveURL(new RegExp(`state=${state}`))
  await expect(page.locator('article')).toHaveCount(count)
  await page.reload()
  await expect(page.locator(`[data-chip=${state}]`)).toHaveAttribute('aria-pressed', 'true')
  await page.locator('article h3 a').first().click()
  await expect(page).toHaveURL(/stations\//)
  await expect(page.locator('h1')).toBeFocused()
  await page.goBack()
  await expect(page.locator(`[data-chip=${state}]`)).toHaveAttribute('aria-pressed', 'true')
})

test('a hidden tab holds no stream', async ({ school }) => {
  const page = await school.as('student')
  await onBoard(page)
  const closed = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/v1/events'))
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await closed
  const again = page.waitForRequest((request) => request.url().includes('/api/v1/events'))
  await page.evaluate(() => {
    Reflect.deleteProperty(document, 'hidden')
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await again
})
