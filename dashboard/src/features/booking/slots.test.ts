import { describe, expect, it } from 'vitest'
import { edges, instants, named, nextPeriod, placesNear, proposal, times } from './slots'

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
  it('are the edges of lesson periods where a school has them', () => {
    const periods = [
      { starts: '08:00', ends: '08:45' },
      { starts: '22:30', ends: '24:00' },
    ]
    expect(edges(60, periods, { starts: '08:07', ends: '08:45' })).toEqual({ starts: ['08:00', '08:07', '22:30'], ends: ['00:00', '08:45'] })
    expect(nextPeriod(periods, '08:01')).toEqual({ period: periods[1], tomorrow: false })
    expect(nextPeriod(periods, '22:31')).toEqual({ period: periods[0], tomorrow: true })
  })
})

describe('the fields of a form', () => {
  const zone = 'Asia/Shanghai'
  it('are instants by the clock of the site; midnight at the end is the end of that day', () => {
    const at = (clock: string) => Date.parse(`2026-11-23T${clock}:00+08:00`)
    expect(instants('2026-11-23', '14:00', '16:00', zone)).toEqual({ startsAt: at('14:00'), endsAt: at('16:00') })
    expect(instants('2026-11-23', '22:00', '00:00', zone)).toEqual({ startsAt: at('22:00'), endsAt: at('24:00') })
  })
  it('say what is wrong with them', () => {
    expect(instants('', '14:00', '16:00', zone)).toBe('book.incomplete')
    expect(instants('2026-11-23', '14:00', '', zone)).toBe('book.incomplete')
    expect(instants('2026-11-23', '16:00', '14:00', zone)).toBe('book.backwards')
    expect(instants('2026-11-23', '14:00', '14:00', zone)).toBe('book.backwards')
  })
})

describe('people who come along', () => {
  it('are named once, however they are written', () => {
    expect(named(' li.na, wang；li.na、zhao ')).toEqual(['li.na', 'wang', 'zhao'])
    expect(named('  ')).toEqual([])
  })
})

describe('where a booking may move to', () => {
  it('is first where it is, then its room, then the others, in the order of their codes', () => {
    const place = (code: string, room: string) => ({ id: code, code, room: { id: room, code: room } })
    const all = [place('PLC-10', 'B1'), place('PLC-9', 'B1'), place('PLC-2', 'A1'), place('PLC-3', 'B1')]
    expect(placesNear(all, place('PLC-10', 'B1')).map((one) => one.code)).toEqual(['PLC-10', 'PLC-3', 'PLC-9', 'PLC-2'])
  })
})
