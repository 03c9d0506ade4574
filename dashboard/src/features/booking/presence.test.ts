import { beforeAll, describe, expect, it } from 'vitest'
import { useLanguage } from '../../i18n/text.svelte'
import { evidence, presence, there } from './presence'

const found = { grace_minutes: 16, seen_minutes: 9, used_minutes: 0, down: false }
const slot = { id: '1', starts_at: '', ends_at: '', mine: false, status: 'confirmed', version: 1 } as const

describe('whether somebody came', () => {
  beforeAll(() => useLanguage('en'))

  it('is not told before anybody has looked', () => {
    expect(presence({}, 'UTC')).toBe('')
    expect(evidence({ evidence: found })).toBe('')
  })
  it('says how it is known, and when', () => {
    expect(presence({ verdict: 'arrived', check_in: 'evidence', checked_in_at: '2026-11-23T02:04:00Z' }, 'Asia/Shanghai')).toContain('10:04')
    expect(presence({ verdict: 'arrived', check_in: 'qr', checked_in_at: '2026-11-23T02:04:00Z' }, 'UTC')).toContain('code')
  })
  it('gives the minutes that an absence rests on, and blames nobody at a station that was down', () => {
    expect(evidence({ verdict: 'absent', evidence: { ...found, seen_minutes: 16 } })).toContain('16')
    expect(evidence({ verdict: 'absent', check_in: 'qr', evidence: { ...found, seen_minutes: 16 } })).toContain('scanned')
    expect(evidence({ verdict: 'unknown', evidence: found })).toContain('9')
    expect(evidence({ verdict: 'unknown', evidence: { ...found, down: true } })).not.toContain('9')
    expect(evidence({ verdict: 'arrived', evidence: found })).toBe('')
  })
  it('shows on the board only to those who may know whose booking it is', () => {
    expect(there(slot)).toBe('')
    expect(there({ ...slot, purpose: 'class' })).toBe('')
    expect(there({ ...slot, purpose: 'practice', status: 'held' })).toBe('')
    expect(there({ ...slot, purpose: 'practice' })).toBe('not here yet')
    expect(there({ ...slot, purpose: 'practice', verdict: 'arrived' })).toBe('checked in')
    expect(there({ ...slot, purpose: 'practice', verdict: 'unknown' })).toBe('')
    expect(there({ ...slot, purpose: 'practice', verdict: 'arrived', stranger: true })).toBe('▲ somebody else?')
  })
})
