import { describe, expect, it } from 'vitest'
import { type Grid, offers } from './booknow'

const at = (clock: string) => Date.parse(`2026-11-23T${clock}:00Z`)
const rules = { grid_minutes: 15, shortest_minutes: 10 }
const shown = (now: string, until: string, more: Partial<Grid> = {}, cutOff = true) =>
  offers(at(now), at(until), { ...rules, ...more }, cutOff).map((o) => new Date(o.endsAt).toISOString().slice(11, 16))

describe('book now', () => {
  it('offers three lengths that end on the grid', () => expect(shown('13:36', '22:00')).toEqual(['14:00', '14:30', '15:00']))
  it('is cut off by the next booking, and offers nothing twice', () => {
    expect(shown('13:36', '14:30')).toEqual(['14:00', '14:30'])
    expect(shown('13:36', '13:50')).toEqual([])
    expect(shown('13:34', '13:45')).toEqual(['13:45'])
  })
  it('stays on the grid when the next booking does not', () => expect(shown('13:36', '14:20')).toEqual(['14:00', '14:15']))
  it('leaves time for cleaning before the next one, and none before closing', () => {
    expect(shown('13:36', '14:30', { buffer_minutes: 15 })).toEqual(['14:00', '14:15'])
    expect(shown('13:36', '14:30', { buffer_minutes: 15 }, false)).toEqual(['14:00', '14:30'])
  })
  it('offers nothing where lesson periods are booked', () => expect(shown('13:36', '22:00', { periods: [{}] })).toEqual([]))
  it('offers nothing when less than the shortest is left', () => expect(shown('13:36', '13:45')).toEqual([]))
})
