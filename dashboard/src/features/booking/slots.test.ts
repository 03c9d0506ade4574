import { describe, expect, it } from 'vitest'
import { proposal, times } from './slots'

describe('the times of a form', () => {
  it('are on the grid, and keep one that is not', () => {
    expect(times(60, [])).toHaveLength(24)
    expect(times(60, ['13:36', '14:00']).slice(13, 16)).toEqual(['13:00', '13:36', '14:00'])
  })
  it('begin with the next start and an hour, within the rules', () => {
    const at = (clock: string) => Date.parse(`2026-11-23T${clock}:00Z`)
    const say = (from: string, grid: number, shortest: number, longest: number) => {
      const span = proposal(at(from), { grid_minutes: grid, shortest_minutes: shortest, longest_minutes: longest })
      return [span.from, span.to].map((t) => new Date(t).toISOString().slice(11, 16)).join('–')
    }
    expect(say('13:36', 15, 15, 240)).toBe('13:45–14:45')
    expect(say('14:00', 30, 90, 240)).toBe('14:00–15:30')
    expect(say('14:00', 15, 15, 45)).toBe('14:00–14:45')
  })
})
