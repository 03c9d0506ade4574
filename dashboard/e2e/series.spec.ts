import { expect } from '@playwright/test'
import { faults, test, url } from './school'

test('a series is booked, its rule is read, and this and following change after a look at each date', async ({ school }) => {
  const page = await school.as('instructor')
  await page.goto(url('/bookings/repeat'))
  await page.locator('[name=whole]').uncheck()
  await page.locator('fieldset').first().locator('label').last().click()
  await page.locator('[name=starts]').selectOption('12:00')
  await page.locator('[name=ends]').selectOption('13:00')
  await page.locator('[name=count]').fill('8')
  await page.locator('form [type=submit]').click()
  const book = page.locator('form button.go:not([type=submit])')
  await expect(book).toBeEnabled()
  const posted = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/series') && answer.request().method() === 'POST')
  await book.click()
  const { occurrences } = (await (await posted).json()) as { occurrences: { outcome: string; bookings: { id: string }[] }[] }
  const booked = occurrences.filter((one) => one.outcome === 'booked')
  const second = booked[1]!

  await page.goto(url(`/bookings/${second.bookings[0]!.id}`))
  await expect(page.getByText(/^every \w+day, 12:00–13:00, 8 times$/)).toBeVisible()
  await page.locator('.aside .go').click()
  const dialog = page.locator('dialog')
  await dialog.locator('[name=scope][value=following]').check()
  await dialog.locator('[name=starts]').selectOption('12:00')
  await dialog.locator('[name=ends]').selectOption('12:30')
  await dialog.locator('[type=submit]').click()
  await expect(dialog.locator('li.moved')).toHaveCount(booked.length - 1)
  expect(await faults(page)).toEqual([])
  await dialog.locator('[type=submit]').click()
  await expect(dialog).toHaveCount(0)
  await expect(page.locator('h1')).toContainText('12:00–12:30')

  await page.locator('.aside .go').click()
  await dialog.locator('[name=scope][value=all]').check()
  await dialog.locator('[name=act][value=cancel]').check()
  await dialog.locator('.danger').click()
  await expect(dialog).toHaveCount(0)
  await expect(page.locator('.aside .go')).toHaveCount(0)
})
