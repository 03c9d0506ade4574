// What the report's minutes say. Sums first, shares last: a mean of ratios would lie.
import type { UtilizationItem } from '../../api/shapes'

export type Minutes = UtilizationItem['minutes']

export const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)

export const booked = (m: Minutes): number => m.booked_used + m.booked_idle + m.blocked_idle
export const used = (m: Minutes): number => m.booked_used + m.walk_in
export const emptyBooked = (m: Minutes): number => m.booked_idle + m.blocked_idle
export const notKnown = (m: Minutes): number => m.unknown + m.down

export type Segment = 'booked_used' | 'booked_idle' | 'blocked_idle' | 'walk_in' | 'free' | 'dark'
export const SEGMENTS: Segment[] = ['booked_used', 'booked_idle', 'blocked_idle', 'walk_in', 'free', 'dark']

/** Parts of the open hours in the order in which a bar shows them; they add up to 1 where anything was open. */
export function segments(m: Minutes): Record<Segment, number> {
  const parts = { booked_used: m.booked_used, booked_idle: m.booked_idle, blocked_idle: m.blocked_idle, walk_in: m.walk_in, free: m.free, dark: notKnown(m) }
  const open = Object.values(parts).reduce((a, b) => a + b, 0)
  for (const key of SEGMENTS) parts[key] = open > 0 ? parts[key] / open : 0
  return parts
}

/** The most and the least used of the items of which enough is known to say so; null when there are not two. */
export function extremes(items: UtilizationItem[]): { most: UtilizationItem; least: UtilizationItem } | null {
  const sure = items.filter((item) => item.utilization !== null && item.coverage !== null && item.coverage >= 0.5)
  if (sure.length < 2) return null
  const sorted = sure.sort((a, b) => b.utilization! - a.utilization!)
  return { most: sorted[0]!, least: sorted.at(-1)! }
}
