// What "book now" offers: half an hour, an hour, an hour and a half, cut off by the
// next booking. A booking may start in this minute, but its end falls on the grid.

const MINUTE = 60_000
const OFFERS = [30, 60, 90]

export interface Offer {
  minutes: number
  endsAt: number
}

export interface Grid {
  grid_minutes: number
  shortest_minutes: number
}

export function offers(now: number, freeUntil: number, { grid_minutes, shortest_minutes }: Grid): Offer[] {
  const grid = grid_minutes * MINUTE
  const last = Math.floor(freeUntil / grid) * grid
  const out: Offer[] = []
  for (const minutes of OFFERS) {
    const endsAt = Math.min(Math.round((now + minutes * MINUTE) / grid) * grid, last)
    const length = Math.round((endsAt - now) / MINUTE)
    if (length >= shortest_minutes && out.at(-1)?.endsAt !== endsAt) out.push({ minutes: length, endsAt })
  }
  return out
}
