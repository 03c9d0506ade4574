import { beforeAll, describe, expect, it } from 'vitest'
import type { AuditLine } from '../api/shapes'
import { ACTS, deed, deedDetails } from './audit'
import en from './en.run'
import { useLanguage, withWords } from './text.svelte'

const ref = (code: string, name = code) => ({ id: `id-of-${code}`, code, name: { en: name, zh: '' } })
const station = { ...ref('PLC-01'), site: ref('MAIN'), room: ref('R1'), kind: ref('plc') }
const line = (source: string, act: string, more: Partial<AuditLine> = {}): AuditLine => ({ at: '2026-11-23T02:00:00Z', source, act, id: '06h0', version: 1, changes: [], ...more })
const chen = { id: 'c', name: 'Ms Chen' }
const li = { id: 'l', name: 'Li' }

beforeAll(async () => {
  await useLanguage('en')
  await withWords(Promise.resolve())
})

describe('an audit of what is no booking', () => {
  it('says who did what, and why', () => {
    expect(deed(line('outage', 'started', { person: chen, station, reason: 'smoke' }))).toBe('Ms Chen took PLC-01 out of order. Reason: smoke')
    expect(deed(line('qualification', 'revoked', { person: chen, of: li, kind: ref('cnc', 'CNC mill') }))).toBe('Ms Chen revoked the qualification of Li for CNC mill')
    expect(deed(line('policy', 'set', { person: chen, scope: 'room', place: ref('R1') }))).toBe('Ms Chen changed the limits for Room R1')
    expect(deed(line('policy', 'set', { person: chen, scope: 'kind', place: ref('cnc', 'CNC mill') }))).toMatch(/^Ms Chen changed the limits for .*CNC mill$/)
    expect(deed(line('policy', 'removed', { mine: true, scope: 'school' }))).toBe('You removed the limits for the whole school')
    expect(deed(line('quota', 'set', { automatic: true, name: 'Evenings' }))).toBe('Labtide set the quota “Evenings”')
  })

  it('never shows an id or a code of ours', () => {
    for (const source of ['outage', 'report', 'strike', 'qualification', 'policy', 'quota', 'something new']) {
      for (const act of [...Object.values(ACTS).flat(), 'something_else']) {
        expect(deed(line(source, act, { person: chen }))).not.toMatch(/06h0|_|[{}]/)
      }
    }
  })

  it('tells what differs in the words of the forms', () => {
    const fields = [
      { name: 'longest_minutes', before: 120, after: 180 },
      { name: 'ends_at', before: '2026-11-23T02:00:00Z' },
      { name: 'qualification', after: true },
    ]
    const shown = deedDetails(line('policy', 'set', { fields }), 'Asia/Shanghai')
    expect(shown[0]).toBe('Longest booking: 2 h → 3 h')
    expect(shown[1]).toMatch(/^End: .*10:00 → nothing$/)
    expect(shown[2]).toBe('A qualification is needed: yes')
  })

  it('has words for each act that it offers', () => {
    for (const act of Object.values(ACTS).flat()) expect(en).toHaveProperty([`audit.act.${act}`])
  })
})
