import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync('src/app/tokens.css', 'utf8')

function tokens(selector: string): Record<string, string> {
  const at = css.indexOf(selector + ' {')
  const block = css.slice(at, css.indexOf('}', at))
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6}|\d+%);/g)].map((m) => [m[1]!, m[2]!]))
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (hi + 0.05) / (lo + 0.05)
}

const WORDS_ON: Record<string, string[]> = {
  ink: ['paper', 'card', 'wash', 'booked', 'idle-wash', 'fault-wash'],
  soft: ['paper', 'card', 'wash', 'idle-wash', 'fault-wash'],
  tide: ['paper', 'card', 'wash', 'booked'],
  'on-tide': ['tide'],
  'idle-words': ['card', 'idle-wash'],
  'walk-words': ['card'],
  fault: ['card', 'fault-wash'],
}
const FILLS_ON: Record<string, string[]> = {
  used: ['wash', 'booked'],
  idle: ['wash', 'booked'],
  walk: ['wash'],
  'booked-line': ['wash', 'card'],
  now: ['wash', 'card'],
}

describe.each([
  ['light', tokens(':root')],
  ['dark', tokens(":root[data-theme='dark']")],
])('%s', (_, t) => {
  for (const [word, grounds] of Object.entries(WORDS_ON))
    it.each(grounds)(`${word} reads on %s at 4.5`, (ground) => {
      expect(contrast(t[word]!, t[ground]!)).toBeGreaterThanOrEqual(4.5)
    })
  for (const [fill, tracks] of Object.entries(FILLS_ON))
    it.each(tracks)(`${fill} stands out on %s at 3`, (track) => {
      expect(contrast(t[fill]!, t[track]!)).toBeGreaterThanOrEqual(3)
    })
  it('ink reads at 4.5 on every shade of a heatmap', () => {
    const channels = (hex: string) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))
    for (let share = 0; share <= 1; share += 0.05) {
      const part = (share * parseInt(t.deepest!)) / 100
      const mixed = channels(t.used!).map((c, i) => Math.round(c * part + channels(t.wash!)[i]! * (1 - part)))
      expect(contrast(t.ink!, '#' + mixed.map((c) => c.toString(16).padStart(2, '0')).join(''))).toBeGreaterThanOrEqual(4.5)
    }
  })
})

it('the dark that the system wishes is the dark that a person chooses', () => {
  const wished = tokens(":root:not([data-theme='light'])")
  expect(wished).toEqual(tokens(":root[data-theme='dark']"))
  expect(Object.keys(wished)).toEqual(Object.keys(tokens(':root')))
})
