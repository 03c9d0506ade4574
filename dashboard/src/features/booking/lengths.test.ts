import { describe, expect, it } from 'vitest'
import { acceptable, countdown, lengthsWithin } from './lengths'

describe('lengths that would do', () => {
  it('end with what is wanted', () => {
    expect(acceptable(60)).toEqual([15, 30, 45, 60])
    expect(acceptable(100)).toEqual([15, 30, 45, 60, 90, 100])
    expect(acceptable(10)).toEqual([10])
  })
})

describe('an offer', () => {
  it('runs down to nothing and not below', () => {
    expect(countdown(900_000, 0)).toBe('15:00')
    expect(countdown(61_000, 500)).toBe('01:01')
    expect(countdown(3_725_000, 0)).toBe('1:02:05')
    expect(countdown(0, 5_000)).toBe('00:00')
  })
})

it('offers as long as was wished, and all that fits into the time and the rules', () => {
  expect(lengthsWithin(60, 60, 240)).toEqual([15, 30, 45, 60])
  expect(lengthsWithin(100, 300, 120)).toEqual([15, 30, 45, 60, 90, 100, 120])
  expect(lengthsWithin(60, 40, 240)).toEqual([15, 30])
})
