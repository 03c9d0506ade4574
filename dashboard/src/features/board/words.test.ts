import { beforeAll, expect, it } from 'vitest'
import type { Card, Slot } from '../../api/shapes'
import { useLanguage } from '../../i18n/text.svelte'
import { line, pending, stationHeadline } from './words'

const at = (clock: string) => `2026-11-23T${clock}:00Z`
const slot = (status: Slot['status'], starts: string, ends: string, more: Partial<Slot> = {}): Slot => ({
  id: 'x', mine: false, version: 1, status, starts_at: at(starts), ends_at: at(ends), ...more,
})
const card = (held: Slot, more: Partial<Card> = {}) =>
  ({
    state: 'held', held, free_from: at('13:00'), station: { code: 'PLC-01' },
    day: { starts_at: at('00:00'), ends_at: '2026-11-24T00:00:00Z', time_zone: 'UTC', open: [], bookings: [held], runs: [] },
    ...more,
  }) as unknown as Card

beforeAll(() => useLanguage('en'))

it('a station that is held says why and until when, not when it is free again', () => {
  const offered = card(slot('held', '11:15', '11:30'))
  expect(line(offered)).toBe('offered to somebody · until 11:30')
  expect(stationHeadline(offered)).toBe('PLC-01 is on hold until 11:30')
  expect(line(card(slot('requested', '11:15', '11:45', { mine: true })))).toBe('your request waits · until 11:45')
  expect(line(card(slot('ended', '10:00', '11:10', { occupied_until: at('11:25') })))).toBe('cleaning after use · until 11:25')
})

it('a booking that nobody sees is still a booking', () => {
  const booking = slot('confirmed', '11:00', '12:00')
  expect(line(card(booking, { state: 'unknown', booking }))).toBe('booked · until 12:00')
})

it('what is no booking yet says so, and only once', () => {
  expect(pending(slot('held', '11:15', '11:30', { person_name: 'Li Na' }))).toBe('offered')
  expect(pending(slot('held', '11:15', '11:30'))).toBe('')
  expect(pending(slot('confirmed', '11:15', '11:30'))).toBe('')
})
