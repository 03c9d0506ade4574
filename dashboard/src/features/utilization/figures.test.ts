import { describe, expect, it } from 'vitest'
import type { HeatmapCell, UtilizationItem } from '../../api/shapes'
import { extremes, segments, share, SEGMENTS } from './figures'
import { busiest, grid } from './heat'

const minutes = { closed: 999, down: 10, unknown: 30, booked_used: 100, booked_idle: 40, blocked_idle: 20, walk_in: 50, free: 150 }
const item = (key: string, utilization: number | null, coverage = 1) => ({ key, utilization, coverage, minutes }) as UtilizationItem

describe('the figures', () => {
  it('a share of nothing is not nought', () => expect([share(0, 0), share(1, 4)]).toEqual([null, 0.25]))

  it('the parts of a bar add up to the open hours; closed is no part of them', () => {
    const parts = segments(minutes)
    expect(SEGMENTS.reduce((sum, key) => sum + parts[key], 0)).toBeCloseTo(1)
    expect(parts.booked_used).toBe(0.25)
    expect(parts.dark).toBe(0.1)
  })

  it('the most and the least used are named only when there are two of which enough is known', () => {
    const found = extremes([item('a', 0.2), item('b', 0.7), item('c', 0.9, 0.1), item('d', null)])
    expect([found?.most.key, found?.least.key]).toEqual(['b', 'a'])
    expect(extremes([item('a', 0.2), item('c', 0.9, 0.1)])).toBeNull()
  })

  it('does not disturb the order of what it is given', () => {
    const items = [item('a', 0.2), item('b', 0.7)]
    extremes(items)
    expect(items.map(({ key }) => key)).toEqual(['a', 'b'])
  })
})

describe('the heatmap', () => {
  const cell = (weekday: number, hour: number, utilization: number | null) => ({ weekday, hour, utilization }) as HeatmapCell
  const cells = [cell(2, 8, 0.4), cell(1, 8, 0.1), cell(1, 11, 0.9), cell(3, 9, null)]

  it('has every hour between the first and the last, and the days in order', () => {
    const table = grid(cells)
    expect(table.hours).toEqual([8, 9, 10, 11])
    expect(table.days).toEqual([1, 2, 3])
    expect(table.at(1, 11)?.utilization).toBe(0.9)
    expect(table.at(2, 11)).toBeUndefined()
  })
  it('knows the busiest hour, and that there may be none', () => {
    expect(busiest(cells)).toBe(cells[2])
    expect(busiest([cell(1, 8, 0), cell(1, 9, null)])).toBeNull()
    expect(grid([]).hours).toEqual([])
  })
})
