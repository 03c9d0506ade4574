// Why something could not be had, in as few words as planners need: thirty refusals, seven reasons.
import type { components } from '../../api/schema'

export type UnmetItem = components['schemas']['UnmetItem']

const REASONS = {
  full: ['slot_taken', 'waitlist_expired', 'too_few_stations', 'not_adjacent', 'kept_for_teams'],
  quota: ['quota_exceeded'],
  down: ['station_out_of_order', 'station_not_bookable'],
  hours: ['outside_opening_hours'],
  qualified: ['qualification_missing', 'qualification_expired', 'buddy_needed', 'suspended'],
  busy: ['person_busy', 'companion_busy', 'travel_time'],
} as const
export type Reason = keyof typeof REASONS | 'rule'

export function reasonOf(code: string): Reason {
  for (const [reason, codes] of Object.entries(REASONS)) if ((codes as readonly string[]).includes(code)) return reason as Reason
  return 'rule'
}

/** The reasons of a group, the most frequent first; a wish with two refusals for one reason is counted where it was most. */
export function reasons(item: UnmetItem): [Reason, number][] {
  const most = new Map<Reason, number>()
  for (const { code, wishes } of item.codes) most.set(reasonOf(code), Math.max(wishes, most.get(reasonOf(code)) ?? 0))
  return [...most].sort((a, b) => b[1] - a[1])
}
