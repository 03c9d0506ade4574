// What "book now" offers: half an hour, an hour, an hour and a half, cut off by the
// next booking and the buffer before it. A booking may start in this minute, but its end
// falls on the grid. Lesson periods have begun or have not: nothing of them is booked now.

const MINUTE = 60_000
const OFFERS = [30, 60, 90]

export interface Offer {
  minutes: number
  endsAt: number
}

export interface Grid {
  grid_minutes: number
  shortest_minutes: number
  buffer_minutes?: number
  periods?: unknown[]
}

/** @param cutOff whether somebody else comes at freeUntil: the buffer must fit in before. */
export function offers(now: number, freeUntil: number, policy: Grid, cutOff: boolean): Offer[] {
  const { grid_minutes, shortest_minutes, buffer_minutes = 0, periods = [] } = policy
  if (periods.length) return []
  const grid = grid_minutes * MINUTE
  const last = Math.floor((freeUntil - (cutOff ? buffer_minutes * MINUTE : 0)) / grid) * grid
  const out: Offer[] = []
  for (const minutes of OFFERS) {
    const endsAt = Math.min(Math.round((now + minutes * MINUTE) / grid) * grid, last)
    const length = Math.round((endsAt - now) / MINUTE)
    if (length >= shortest_minutes && out.at(-1)?.endsAt !== endsAt) out.push({ minutes: length, endsAt })
  }
  return out
}
