// The two languages. The one in use is loaded when it is needed; the other never
// crosses the network.
import { remember, remembered } from '../lib/memory'
import type en from './en'
import type more from './en.more'

export type Key = keyof typeof en | keyof typeof more
export type Message = string | { one: string; other: string }
export type Messages = Record<keyof typeof en, Message>
export type Params = Record<string, string | number>
export type Language = 'en' | 'zh'

export const LANGUAGES: Record<Language, string> = { en: 'English', zh: '中文' }

const LOADERS: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import('./en'),
  zh: () => import('./zh'),
}

/** The words that neither the board nor the sign-in shows: they come with the other pages. */
const MORE: Record<Language, () => Promise<{ default: Record<string, Message> }>> = {
  en: () => import('./en.more'),
  zh: () => import('./zh.more'),
}
let withMore = false

let language = $state<Language>('en')
let messages = $state.raw<Partial<Record<Key, Message>>>({})

export function currentLanguage(): Language {
  return language
}

/** The tag for Intl and for the document. */
export function locale(): string {
  return language === 'zh' ? 'zh-CN' : 'en-GB'
}

export function preferredLanguage(wishes: readonly string[] = navigator.languages): Language {
  const chosen = remembered('language')
  if (chosen === 'en' || chosen === 'zh') return chosen
  for (const wish of wishes) {
    if (/^zh\b/i.test(wish)) return 'zh'
    if (/^en\b/i.test(wish)) return 'en'
  }
  return 'en'
}

export async function useLanguage(wanted: Language): Promise<void> {
  const [core, more] = await Promise.all([LOADERS[wanted](), withMore ? MORE[wanted]() : null])
  messages = { ...core.default, ...more?.default }
  language = wanted
  document.documentElement.lang = locale()
}

/** A page other than the board and the sign-in, with its words. */
export async function withWords<T>(page: Promise<T>): Promise<T> {
  if (!withMore) {
    const more = await MORE[language]()
    withMore = true
    messages = { ...messages, ...more.default }
  }
  return page
}

export async function chooseLanguage(wanted: Language): Promise<void> {
  await useLanguage(wanted)
  remember('language', wanted)
}

export function fill(message: Message, params: Params, tag: string): string {
  const text = typeof message === 'string' ? message : message[new Intl.PluralRules(tag).select(Number(params.n)) === 'one' ? 'one' : 'other']
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    return typeof value === 'number' ? new Intl.NumberFormat(tag).format(value) : (value ?? '')
  })
}

export function t(key: Key, params: Params = {}): string {
  const message = messages[key]
  return message === undefined ? key : fill(message, params, locale())
}

/** The words for a code that the server gave, or null when the dashboard does not know it. */
export function known(prefix: string, code: string, params: Params = {}): string | null {
  const message = messages[`${prefix}.${code}` as Key]
  return message === undefined ? null : fill(message, params, locale())
}

/** A name that the school gave in one or both languages. */
export function named(text: { en: string; zh: string }): string {
  return (language === 'zh' ? text.zh : text.en) || text.en || text.zh
}
