// What a station is doing, as people see it: the order is the order of the chips.
export const STATES = ['free', 'in_use', 'booked_idle', 'held', 'walk_in', 'unknown', 'down', 'closed'] as const
export type StationState = (typeof STATES)[number]
