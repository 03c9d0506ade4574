import type { Page } from '@playwright/test'
import { expect, faults, type Language, type Role, test, url } from './school'

// Every page, in both languages and both themes: it loads without a complaint, axe finds
// nothing, nothing sticks out sideways, and the Chinese one speaks no English.

const PAGES: { name: string; path: string; role: Role; ready: string }[] = [
  { name: 'board', path: '/', role: 'student', ready: '[data-liveness=live]' },
  { name: 'board as an instructor sees it', path: '/', role: 'instructor', ready: '[data-liveness=live]' },
  { name: 'board of nothing', path: '/?q=nothing-is-called-so', role: 'student', ready: '.empty' },
  { name: 'station', path: '/stations/{station}', role: 'student', ready: 'form select' },
  { name: 'station on another day', path: '/stations/{station}?day={tomorrow}', role: 'instructor', ready: '.hours' },
  { name: 'station that is not', path: '/stations/NOPE-1', role: 'student', ready: '.empty' },
  { name: 'bookings', path: '/bookings', role: 'student', ready: 'h2' },
  { name: 'utilisation', path: '/utilization', role: 'planner', ready: '.figures' },
  { name: 'utilisation by station', path: '/utilization?by=station', role: 'instructor', ready: '.figures' },
  { name: 'stations', path: '/admin', role: 'admin', ready: 'tbody tr' },
  { name: 'devices', path: '/admin/devices', role: 'admin', ready: 'tbody tr' },
  { name: 'people', path: '/admin/people', role: 'admin', ready: 'tbody tr' },
  { name: 'me', path: '/account', role: 'student', ready: 'fieldset' },
  { name: 'label', path: '/s/{station}', role: 'student', ready: '.page nav' },
  { name: 'one booking', path: '/bookings/{booking}', role: 'student', ready: 'h2' },
  { name: 'several', path: '/bookings/several', role: 'student', ready: 'form' },
  { name: 'series', path: '/bookings/repeat', role: 'instructor', ready: 'form' },
  { name: 'timetable', path: '/bookings/timetable', role: 'instructor', ready: 'form' },
  { name: 'requests', path: '/requests', role: 'instructor', ready: '.empty, li' },
  { name: 'absences', path: '/absences', role: 'instructor', ready: '.empty, li' },
  { name: 'teams', path: '/teams', role: 'instructor', ready: '.panel' },
  { name: 'outages', path: '/run', role: 'instructor', ready: '.panel' },
  { name: 'qualifications', path: '/run/qualifications', role: 'instructor', ready: '.panel' },
  { name: 'audit', path: '/run/audit', role: 'planner', ready: '.panel + .panel' },
  { name: 'rules', path: '/rules', role: 'admin', ready: '.panel' },
  { name: 'quotas', path: '/rules/quotas', role: 'admin', ready: '.panel' },
  { name: 'terms and seasons', path: '/rules/calendar', role: 'planner', ready: '.panel' },
  { name: 'rules as a file', path: '/rules/file', role: 'admin', ready: '.panel' },
  { name: 'opening hours', path: '/admin/hours', role: 'admin', ready: '.panel' },
  { name: 'messages', path: '/admin/messages', role: 'admin', ready: '.panel' },
  { name: 'labels', path: '/admin/labels', role: 'admin', ready: '#main svg' },
  { name: 'no page', path: '/nowhere', role: 'student', ready: 'h1' },
]
const LOOKS: { language: Language; dark: boolean }[] = [
  { language: 'en', dark: false },
  { language: 'zh', dark: true },
  { language: 'zh', dark: false },
  { language: 'en', dark: true },
]

async function fillIn(page: Page, path: string): Promise<string> {
  if (!path.includes('{')) return path
  const board = (await (await page.request.get(url('/api/v1/board'))).json()) as { stations: { station: { code: string } }[] }
  if (path.includes('{booking}')) {
    const { items } = (await (await page.request.get(url('/api/v1/bookings?person=me&limit=1'))).json()) as { items: { id: string }[] }
    return path.replace('{booking}', items[0]!.id)
  }
  const tomorrow = new Date(Date.now() + 32 * 3_600_000).toISOString().slice(0, 10)
  return path.replace('{station}', encodeURIComponent(board.stations[0]!.station.code)).replace('{tomorrow}', tomorrow)
}

/** Goes on within the dashboard where it can, which is cheaper than loading all of it again. */
async function visit(page: Page, path: string, first: boolean): Promise<void> {
  if (first || new URL(page.url()).pathname === new URL(url(path)).pathname) return void (await page.goto(url(path)))
  await page.evaluate((to) => {
    document.querySelector('h1')?.setAttribute('data-left', '')
    history.pushState(null, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, path)
  await expect(page.locator('h1:not([data-left])')).toBeVisible()
}

function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // A 401 before signing in and a 404 for what is not there are answers, not faults.
    if (['error', 'warning'].includes(message.type()) && !/status of (401|404)/.test(message.text())) complaints.push(message.text())
  })
  return complaints
}

/** Gathers what the school itself wrote in both scripts ("陈宇 Chen Yu"): the dashboard shows that as it is. */
function gather(page: Page): () => Promise<string[]> {
  const bodies: Promise<unknown>[] = []
  page.on('response', (response) => {
    if (response.headers()['content-type']?.includes('json')) bodies.push(response.json().catch(() => null))
  })
  const found = new Set<string>()
  const walk = (value: unknown) => {
    if (typeof value === 'string' && /[\u4e00-\u9fff]/.test(value) && /[a-z]/.test(value)) found.add(value)
    else if (value && typeof value === 'object') Object.values(value).forEach(walk)
  }
  return async () => {
    for (const body of await Promise.all(bodies.splice(0))) walk(body)
    return [...found].sort((a, b) => b.length - a.length)
  }
}

/** Words in Latin letters that are neither codes nor the school's own. */
async function english(page: Page, theirs: string[]): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const out: string[] = []
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement!
      if (element.closest('script, style, noscript, [lang=en], [translate=no]')) continue
      out.push(node.textContent!)
    }
    for (const element of document.querySelectorAll(':is([aria-label], [title], [placeholder]):not([translate=no] *, [translate=no])'))
      for (const name of ['aria-label', 'title', 'placeholder']) out.push(element.getAttribute(name) ?? '')
    return out
  })
  // Codes have capitals, digits or hyphens; people and programmes carry names of their own.
  const allowed = /\b([A-Z]\w+\/[A-Z]\w+|Labtide|API|Agent|Webhook|CSV|PLC|CNC|CAD|[A-Z]{1,4}\d*|[\w.]*\d[\w.-]*|[\w]+-[\w-]+)\b/g
  const ours = (text: string) => theirs.reduce((rest, words) => rest.replaceAll(words, ''), text)
  return texts.map((text) => ours(text).replace(allowed, '')).filter((text) => /[A-Za-z]{3,}/.test(text))
}

for (const { language, dark } of LOOKS)
  for (const role of ['student', 'instructor', 'planner', 'admin'] as const)
    test(`the pages of the ${role}, ${language}, ${dark ? 'dark' : 'light'}`, async ({ school }, info) => {
      test.skip((info.project.name === 'phone') === ((language === 'zh') === dark), 'the phone and the desktop have two looks each')
      test.setTimeout(180_000)
      const page = await school.as(role, { language, dark })
      const complaints = listen(page)
      const theirs = gather(page)
      for (const [i, { name, path, ready }] of PAGES.filter((one) => one.role === role).entries())
        await test.step(name, async () => {
          await visit(page, await fillIn(page, path), i === 0)
          await expect(page.locator(ready).first()).toBeVisible()
          await expect(page.locator('h1')).toHaveCount(1)
          expect.soft(await faults(page)).toEqual([])
          expect.soft(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
          if (language === 'zh') expect.soft(await english(page, await theirs())).toEqual([])
        })
      expect(complaints).toEqual([])
    })

for (const { language, dark } of LOOKS)
  test(`sign-in, ${language}, ${dark ? 'dark' : 'light'}`, async ({ school }) => {
    const page = await school.stranger({ language, dark })
    const complaints = listen(page)
    await page.goto(url())
    await expect(page.locator('.demo button')).toHaveCount(4)
    expect(await faults(page)).toEqual([])
    await page.locator('[name=login]').fill('nobody')
    await page.locator('[name=password]').fill('wrong')
    await page.locator('[type=submit]').click()
    await expect(page.locator('[role=alert]')).toBeVisible()
    expect(await faults(page)).toEqual([])
    expect(complaints).toEqual([])
  })

test('a link without its secret says so', async ({ school }) => {
  const page = await school.stranger()
  await page.goto(url('/welcome'))
  await expect(page.locator('[role=alert]')).toBeVisible()
  expect(await faults(page)).toEqual([])
})

test('dialogs are accessible, too', async ({ school }) => {
  const page = await school.as('admin')
  await page.goto(url('/admin'))
  await page.locator('.acts .go').click()
  await expect(page.locator('dialog')).toBeVisible()
  expect(await faults(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(page.locator('dialog')).toHaveCount(0)
})

test('a phone has five tabs, and the rest behind the last of them', async ({ school }, info) => {
  test.skip(info.project.name !== 'phone', 'a desk has a sidebar')
  const page = await school.as('admin')
  await page.goto(url('/bookings'))
  await expect(page.locator('nav').first().locator('a:visible, button:visible')).toHaveCount(5)
  const more = page.getByRole('button', { name: 'More' })
  await expect(more).toHaveAttribute('aria-expanded', 'false')
  await more.click()
  await expect(more).toHaveAttribute('aria-expanded', 'true')
  await expect(page.locator('dialog')).toBeVisible()
  expect(await faults(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(page.locator('dialog')).toHaveCount(0)
  await expect(more).toBeFocused()
  await more.click()
  await page.locator('dialog').getByRole('link', { name: 'Rules' }).click()
  await expect(page).toHaveURL(/rules/)
  await expect(page.locator('dialog')).toHaveCount(0)
  await expect(page.locator('h1')).toBeFocused()
  const student = await school.as('student')
  await student.goto(url('/bookings'))
  await expect(student.locator('nav').first().locator('a:visible')).toHaveCount(3)
})

test('what a finger touches is large enough on a phone', async ({ school }, info) => {
  test.skip(info.project.name !== 'phone', 'a phone has fingers')
  for (const [role, path, ready] of [['student', '/', '[data-liveness=live]'], ['student', '/bookings', 'h2'], ['student', '/s/PLC-01', '.page nav'], ['student', '/account', 'fieldset'], ['planner', '/utilization', '.figures'], ['admin', '/admin/people', 'tbody tr']] as const) {
    const page = await school.as(role)
    await page.goto(url(path))
    await expect(page.locator(ready).first()).toBeVisible()
    const small = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, a, select, input:not([type=radio], [type=checkbox]), summary')]
        .filter((element) => element.checkVisibility() && !element.closest('p, td, th, dd') && !element.hasAttribute('aria-hidden') && !element.classList.contains('skip'))
        .map((element) => [element.outerHTML.slice(0, 90), Math.round(element.getBoundingClientRect().height)] as const)
        .filter(([, height]) => height < 44),
    )
    expect(small).toEqual([])
  }
})
