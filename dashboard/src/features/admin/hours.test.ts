import { describe, expect, it } from 'vitest'
import { daysOf, exceptionsOf, hoursOf, specialsOf, weeksOf } from './hours'

const hours = [
  { weekday: 1, opens: '08:00', closes: '12:00' },
  { weekday: 1, opens: '14:00', closes: '24:00' },
  { weekday: 6, opens: '09:00', closes: '12:00', room: 'B1', valid_from: '2026-09-01', valid_until: '2027-01-20' },
]

describe('opening hours', () => {
  it('are a week for each room and season, and come back as they were', () => {
    const weeks = weeksOf([hours[1]!, hours[2]!, hours[0]!])
    expect(weeks).toHaveLength(2)
    expect(weeks[0]!.days[0]).toEqual([
      { opens: '08:00', closes: '12:00' },
      { opens: '14:00', closes: '24:00' },
    ])
    expect(hoursOf(weeks)).toEqual(hours)
    weeks[0]!.days[0]![0]!.opens = '8:00'
    expect(hoursOf(weeks)).toEqual(hours)
  })

  it('join the days of a holiday, and take them apart again', () => {
    const days = ['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-10'].map((day) => ({ day, reason: 'National Day' }))
    const late = { day: '2026-10-02', room: 'B1', opens: '10:00', closes: '24:00' }
    const specials = specialsOf([...days, late])
    expect(specials.map(({ room, first, last }) => [room, first, last])).toEqual([
      ['', '2026-10-01', '2026-10-03'],
      ['B1', '2026-10-02', '2026-10-02'],
      ['', '2026-10-10', '2026-10-10'],
    ])
    expect(exceptionsOf(specials).sort((a, b) => a.day.localeCompare(b.day))).toEqual([days[0], days[1], late, days[2], days[3]])
  })

  it('count the days of a holiday, over the end of a month', () => {
    expect(daysOf('2026-10-30', '2026-11-02')).toBe(4)
    expect(daysOf('2026-10-30', '2026-10-29')).toBe(0)
  })
})
