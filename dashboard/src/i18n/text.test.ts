import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import core from './en'
import more from './en.more'
import { chooseLanguage, fill, preferredLanguage, t, useLanguage, type Message } from './text.svelte'
import zhCore from './zh'
import zhMore from './zh.more'

const en = { ...core, ...more }
const zh: Record<string, Message> & Record<keyof typeof en, Message> = { ...zhCore, ...zhMore }

const forms = (message: Message) => (typeof message === 'string' ? [message] : Object.values(message))
const placeholders = (message: Message) => new Set(forms(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!)))

describe('the two languages', () => {
  it('have the same keys in the same order', () => expect(Object.keys(zh)).toEqual(Object.keys(en)))

  it.each(Object.keys(en) as (keyof typeof en)[])('%s has the same placeholders', (key) => {
    const wanted = placeholders(en[key])
    // A count may choose between forms without being said.
    wanted.delete('n')
    const given = placeholders(zh[key])
    given.delete('n')
    expect(given).toEqual(wanted)
  })

  it('Chinese says nothing in English but names', () => {
    const allowed = /Labtide|robotics-a|Webhook|YAML|API|CSV|W\b|Agent|`[^`]*`|people\.csv|plc-07-pc|\{\w+\}|%/g
    for (const [key, message] of Object.entries(zh))
      for (const text of forms(message)) expect(text.replace(allowed, ''), key).not.toMatch(/[A-Za-z]/)
  })

  it('Chinese has one name for one thing, on every page and in every mail', () => {
    // 上机资格 lets one use a kind of station; who does not come is 缺席, and what is kept of it, for it counts, is 缺席记录.
    const other = /操作资格|上岗资格|违约|爽约/
    for (const [key, message] of Object.entries(zh)) for (const text of forms(message)) expect(text, key).not.toMatch(other)
    expect(readFileSync('../server/courier/words_zh.go', 'utf8')).not.toMatch(other)
  })
})

describe('a sentence', () => {
  it('takes one or other by the count, and writes numbers as the language does', () => {
    const message = { one: '{n} station', other: '{n} stations' }
    expect(fill(message, { n: 1 }, 'en-GB')).toBe('1 station')
    expect(fill(message, { n: 12000 }, 'en-GB')).toBe('12,000 stations')
    expect(fill('{n} 个', { n: 1 }, 'zh-CN')).toBe('1 个')
  })
})

describe('the language', () => {
  beforeEach(() => localStorage.clear())

  it('is the first of the browser’s that we know', () => {
    expect(preferredLanguage(['fi-FI', 'zh-TW', 'en'])).toBe('zh')
    expect(preferredLanguage(['en-US', 'zh'])).toBe('en')
    expect(preferredLanguage(['fi'])).toBe('en')
  })
  it('is what the person chose, once they have', async () => {
    await chooseLanguage('zh')
    expect(preferredLanguage(['en'])).toBe('zh')
    expect(document.documentElement.lang).toBe('zh-CN')
    expect(t('state.free')).toBe('空闲')
    await useLanguage('en')
    expect(t('state.free')).toBe('Free')
  })
})
