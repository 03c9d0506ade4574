// @vitest-environment node
// Every act that server/booking notes down has words: those of bookings as a history tells them, the others as the audit does.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import en from './en.more'
import zh from './zh.more'

const BOOKING = join(import.meta.dirname, '../../../server/booking')
const sources = readdirSync(BOOKING)
  .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
  .map((name) => ({ name, text: readFileSync(join(BOOKING, name), 'utf8') }))
const acts = sources.flatMap(({ name, text }) => [...text.matchAll(/^\s*Act\w+\s+Act\s*=\s*"(\w+)"/gm)].map(([, act]) => ({ act: act!, deed: name === 'audit.go' })))

it('the acts are found in the sources', () => {
  expect(acts.filter(({ deed }) => deed).length).toBeGreaterThan(20)
  expect(acts.filter(({ deed }) => !deed).length).toBeGreaterThan(15)
})

it.each(acts)('$act has words in both languages', ({ act, deed }) => {
  const keys = !deed ? [`trail.${act}`] : act === 'set' || act === 'removed' ? ['policy', 'quota', 'season', 'term'].map((kind) => `rule.${act}.${kind}`) : [`deed.${act}`]
  for (const key of keys) {
    expect(en).toHaveProperty([key])
    expect(zh).toHaveProperty([key])
  }
})

it.each(sources.flatMap(({ text }) => [...text.matchAll(/\.say\(Act\w+, "(\w+)"\)/g)].map((match) => match[1]!)))('the reason %s has words', (reason) => {
  expect(en).toHaveProperty([`trail.reason.${reason}`])
})
