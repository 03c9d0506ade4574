import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContextOptions, expect, type Page, test as base } from '@playwright/test'

// What every test needs: somebody who is signed in, and eyes for accessibility.

export type Role = 'student' | 'instructor' | 'planner' | 'admin'
export type Language = 'en' | 'zh'

export const url = (path = '/') => process.env.LABTIDE_URL + path

interface Account {
  login: string
  password: string
  role: Role
}

const cookies = new Map<Role, Awaited<ReturnType<Awaited<ReturnType<Browser['newContext']>>['storageState']>>>()

async function account(page: Page, role: Role): Promise<Account> {
  const response = await page.request.get(url('/api/v1/about'))
  const { demo_accounts: accounts } = (await response.json()) as { demo_accounts: Account[] }
  return accounts.find((one) => one.role === role)!
}

export interface Looks {
  language?: Language
  dark?: boolean
  options?: BrowserContextOptions
}

export interface School {
  /** A browser of its own, signed in as the demo's person of this role. */
  as: (role: Role, looks?: Looks) => Promise<Page>
  /** A browser of its own in which nobody is signed in. */
  stranger: (looks?: Looks) => Promise<Page>
}

export const test = base.extend<{ school: School }>({
  school: async ({ browser }, use) => {
    const open: { close: () => Promise<void> }[] = []
    const stranger = async ({ language = 'en', dark = false, options = {} }: Looks = {}, role?: Role) => {
      const context = await browser.newContext({
        locale: language === 'zh' ? 'zh-CN' : 'en-GB',
        colorScheme: dark ? 'dark' : 'light',
        ...(role && cookies.has(role) ? { storageState: cookies.get(role) } : {}),
        ...options,
      })
      open.push(context)
      return context.newPage()
    }
    await use({
      stranger,
      as: async (role, looks = {}) => {
        const page = await stranger(looks, role)
        if (!cookies.has(role)) {
          const { login, password } = await account(page, role)
          await page.goto(url())
          await page.locator('[name=login]').fill(login)
          await page.locator('[name=password]').fill(password)
          await page.locator('[type=submit]').click()
          await expect(page.locator('#main h1')).toBeVisible()
          cookies.set(role, await page.context().storageState())
        }
        return page
      },
    })
    for (const one of open) await one.close()
  },
})

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Every fault that axe finds on the page as it stands, as sentences. */
export async function faults(page: Page): Promise<string[]> {
  // Colours of what is still fading in are nobody's. What is out of sight never ends its fading: do not wait long.
  await page.evaluate(() => {
    const ended = document.getAnimations().map((animation) => animation.finished.catch(() => undefined))
    return Promise.race([Promise.all(ended), new Promise((resolve) => setTimeout(resolve, 1_000))]).then(() => undefined)
  })
  await page.evaluate(axe)
  return page.evaluate(async () => {
    interface Found {
      violations: { id: string; help: string; nodes: { html: string }[] }[]
    }
    const run = (globalThis as unknown as { axe: { run: (context: Document, options: object) => Promise<Found> } }).axe
    const { violations } = await run.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`))
  })
}

export interface Gap {
  station: { id: string; code: string; kind: { id: string } }
  starts_at: string
  ends_at: string
}

/** A free hour of some station on a later day, as the server says: the rooms may be closed right now. */
export async function freeHour(page: Page, taken: string[] = []): Promise<Gap> {
  const { items: rooms } = (await (await page.request.get(url('/api/v1/rooms'))).json()) as { items: { id: string }[] }
  const from = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000)
  const to = new Date(from.getTime() + 6 * 86_400_000)
  for (const room of rooms) {
    const query = new URLSearchParams({ room: room.id, from: from.toISOString(), to: to.toISOString(), minutes: '180' })
    const response = await page.request.get(url(`/api/v1/availability?${query}`))
    expect(response.status(), await response.text()).toBe(200)
    const { items } = (await response.json()) as { items: Gap[] }
    const gap = items.find(({ station }) => !taken.includes(station.code))
    if (gap) return gap
  }
  throw new Error('nothing is free in the next week')
}

/** The school's day and clock of an instant. */
export function wall(instant: string | number): { day: string; time: string } {
  const local = new Date(new Date(instant).getTime() + 8 * 3_600_000).toISOString()
  return { day: local.slice(0, 10), time: local.slice(11, 16) }
}

/** The live board is there and live. */
export async function onBoard(page: Page): Promise<void> {
  await page.goto(url('/'))
  await expect(page.locator('[data-liveness=live]')).toBeVisible()
}

/** Gives back every booking that lies ahead, so that one person is never at two stations. */
export async function clear(page: Page): Promise<void> {
  await page.goto(url('/bookings'))
  await expect(page.locator('h2').first()).toBeVisible()
  const ahead = page.locator('[data-booking]').filter({ has: page.locator('.danger') })
  for (let left = await ahead.count(); left > 0; left--) {
    await ahead.first().locator('.danger').click()
    await expect(ahead).toHaveCount(left - 1)
  }
}

/** Asks the API as whoever is signed in; what it answers must be fine. */
export async function ask<T>(page: Page, method: 'GET' | 'POST' | 'DELETE', path: string, data?: object): Promise<T> {
  const response = await tryTo(page, method, path, data)
  expect(response.ok(), await response.text()).toBe(true)
  return (response.status() === 204 ? null : await response.json()) as T
}

export async function tryTo(page: Page, method: 'GET' | 'POST' | 'DELETE', path: string, data?: object) {
  const { csrf_token } = (await (await page.request.get(url('/api/v1/me'))).json()) as { csrf_token: string }
  return page.request.fetch(url(path), { method, headers: { 'X-CSRF-Token': csrf_token }, ...(data && { data }) })
}

export { expect }
