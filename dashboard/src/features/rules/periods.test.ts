import { describe, expect, it } from 'vitest'
import { after, oneMore, template, TEMPLATES } from './periods'

describe('the templates of lesson periods', () => {
  it.each(TEMPLATES)('of %i lessons are in order and do not overlap', (count) => {
    const periods = template(count)
    expect(periods).toHaveLength(count)
    for (const [i, { starts, ends }] of periods.entries()) {
      expect(starts < ends).toBe(true)
      if (i > 0) expect(periods[i - 1]!.ends <= starts).toBe(true)
    }
  })

  it('go on after the last lesson, and never past the end of the day', () => {
    expect(oneMore([])).toEqual([{ starts: '08:00', ends: '08:45' }])
    expect(oneMore(template(8)).at(-1)).toEqual({ starts: '17:50', ends: '18:35' })
    expect(after('23:50', 45)).toBe('24:00')
  })
})
