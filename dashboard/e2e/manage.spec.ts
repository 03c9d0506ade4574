import { expect, faults, test, url } from './school'

const unique = () => String(Date.now()).slice(4)

test('a station is added, and a computer gets a code for it', async ({ school }) => {
  const page = await school.as('admin')
  const code = `T-${unique()}`
  await page.goto(url('/admin'))
  await page.getByRole('button', { name: 'Add a station' }).click()
  await page.locator('dialog [name=code]').fill(code)
  await page.locator('dialog [type=submit]').click()
  await expect(page.getByRole('link', { name: code })).toBeVisible()

  await page.goto(url('/admin/devices'))
  await page.getByRole('button', { name: 'Enrol a computer' }).click()
  await page.locator('dialog [name=device]').fill(code.toLowerCase() + '-pc')
  await page.locator('dialog [name=station]').selectOption({ label: code })
  await page.locator('dialog [type=submit]').click()
  await expect(page.locator('dialog pre')).toHaveText(/^agent enroll -server http\S+ -code \S+$/)
  expect(await faults(page)).toEqual([])
})

test('a new person opens the link, sets a password and is in', async ({ school }) => {
  const page = await school.as('admin')
  const login = `p${unique()}`
  await page.goto(url('/admin/people'))
  await page.getByRole('button', { name: 'Add a person' }).click()
  await page.locator('dialog [name=name]').fill('艾达 Ada')
  await page.locator('dialog [name=login]').fill(login)
  await page.locator('dialog [type=submit]').click()
  const link = new URL(await page.locator('dialog .url').inputValue())

  const newcomer = await school.stranger()
  await newcomer.goto(url(link.pathname + link.search + link.hash))
  await newcomer.locator('[type=password]').first().fill('correct horse')
  await newcomer.locator('[type=password]').last().fill('correct horse')
  await newcomer.locator('[type=submit]').click()
  await expect(newcomer.locator('#main h1')).toBeVisible()
  await newcomer.goto(url('/account'))
  await expect(newcomer.locator('h1')).toContainText('Ada')
  await newcomer.getByText('Change the password').click()
  await newcomer.locator('[name=current]').fill('wrong horse')
  await newcomer.locator('[name=password]').fill('battery staple')
  await newcomer.locator('[name=again]').fill('battery staple')
  await newcomer.getByRole('button', { name: 'Change it' }).click()
  await expect(newcomer.locator('[role=alert]')).toHaveText('This is not your current password.')
  expect(await faults(newcomer)).toEqual([])
  await newcomer.locator('[name=current]').fill('correct horse')
  await newcomer.getByRole('button', { name: 'Change it' }).click()
  await expect(newcomer.locator('.toaster')).toContainText('Your password is changed')
  await newcomer.getByRole('button', { name: 'Sign out' }).click()
  await expect(newcomer.locator('[name=login]')).toBeVisible()
})

test('somebody who may not sign in any more is out at once', async ({ school }, info) => {
  test.skip(info.project.name === 'phone', 'the desktop tells it')
  const page = await school.as('admin')
  await page.goto(url('/admin/people'))
  const someone = (await page.locator('tbody tr').nth(9).locator('th button').textContent())!.trim()
  const row = page.locator('tbody tr').filter({ hasText: someone })
  for (const said of ['may not sign in', '']) {
    await row.getByRole('button', { name: `Change ${someone}` }).click()
    await page.locator('dialog [name=enabled]').click()
    expect(await faults(page)).toEqual([])
    await page.locator('dialog [type=submit]').click()
    await expect(page.locator('dialog')).toHaveCount(0)
    await expect(row.locator('th small')).toHaveText(said ? [said] : [])
  }

  await page.goto(url('/admin/devices'))
  const device = page.locator('tbody tr').first()
  await device.locator('th button').click()
  await page.locator('dialog [name=name]').fill('the one by the window')
  await page.locator('dialog [type=submit]').click()
  await expect(device).toContainText('the one by the window')
})

test('a student finds no way into what is not theirs', async ({ school }) => {
  const page = await school.as('student')
  await page.goto(url('/admin'))
  await expect(page.locator('.empty')).toBeVisible()
  await expect(page.locator('nav a[href="/admin"], nav a[href="/utilization"]')).toHaveCount(0)
})

test('language and theme are chosen and remembered', async ({ school }) => {
  const page = await school.as('student')
  await page.goto(url('/account'))
  await page.getByLabel('中文').check()
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  await page.getByLabel('深色').check()
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await expect(page.getByLabel('深色')).toBeChecked()
})
