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
  const response = await page.request.get(url('/api/v1/session'))
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
  // Colours of what is still fading in are nobody's.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))))
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

/** The live board is there and live. */
export async function onBoard(page: Page): Promise<void> {
  await page.goto(url('/'))
  await expect(page.locator('[data-liveness=live]')).toBeVisible()
}

export { expect }
