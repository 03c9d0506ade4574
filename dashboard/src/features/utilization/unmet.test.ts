import { describe, expect, it } from 'vitest'
import { reasons, type UnmetItem } from './unmet'

describe('what could not be had', () => {
  it('is told by few reasons, the most frequent first', () => {
    const codes = [
      { code: 'slot_taken', wishes: 5 },
      { code: 'waitlist_expired', wishes: 2 },
      { code: 'too_long', wishes: 7 },
      { code: 'quota_exceeded', wishes: 6 },
    ]
    expect(reasons({ codes } as UnmetItem)).toEqual([
      ['rule', 7],
      ['quota', 6],
      ['full', 5],
    ])
  })
})
