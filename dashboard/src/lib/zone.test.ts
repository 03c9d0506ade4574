import { describe, expect, it } from 'vitest'
import { addDays, dayBounds, instantOf, isDay, wallOf } from './zone'

const HOUR = 3_600_000

describe('wall clocks', () => {
  it('Shenzhen is eight hours ahead', () => {
    expect(instantOf('2026-11-23', '13:36', 'Asia/Shanghai')).toBe(Date.parse('2026-11-23T05:36:00Z'))
    expect(wallOf(Date.parse('2026-11-22T16:00:00Z'), 'Asia/Shanghai')).toEqual({ day: '2026-11-23', time: '00:00' })
  })
  it('a day on which clocks go forward has 23 hours, back 25, and Lord Howe moves by half an hour', () => {
    const length = (day: string, zone: string) => {
      const [from, to] = dayBounds(day, zone)
      return (to - from) / HOUR
    }
    expect(length('2026-03-29', 'Europe/Helsinki')).toBe(23)
    expect(length('2026-10-25', 'Europe/Helsinki')).toBe(25)
    expect(length('2026-10-04', 'Australia/Lord_Howe')).toBe(23.5)
    expect(length('2026-11-23', 'Asia/Shanghai')).toBe(24)
  })
  it('a time that does not exist gives the instant after the gap', () => {
    expect(wallOf(instantOf('2026-03-08', '02:30', 'America/New_York'), 'America/New_York').time).toBe('03:30')
  })
  it('a time that comes twice gives the first', () => {
    expect(instantOf('2026-11-01', '01:30', 'America/New_York')).toBe(Date.parse('2026-11-01T05:30:00Z'))
  })
  it('every quarter of a year comes back as it went in', () => {
    for (let t = Date.parse('2026-01-01T00:00:00Z'); t < Date.parse('2027-01-01T00:00:00Z'); t += 6.25 * HOUR) {
      const { day, time } = wallOf(t, 'Asia/Shanghai')
      expect(instantOf(day, time, 'Asia/Shanghai')).toBe(t)
    }
  })
})

it('days add up across months and leap years', () => {
  expect(addDays('2028-02-28', 2)).toBe('2028-03-01')
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31')
})

it('knows a day when it sees one', () => {
  expect(['2026-11-22', '2026-13-01', '22.11.2026', null].map(isDay)).toEqual([true, false, false, false])
})
