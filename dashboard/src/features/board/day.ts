// The day of a station as the API tells it, turned into instants for the strip.
import type { Card, DayStrip } from '../../api/shapes'
import type { Day, Span } from '../../lib/strip'

interface Between {
  starts_at: string
  ends_at: string
}
const spanOf = ({ starts_at, ends_at }: Between): Span => ({ from: Date.parse(starts_at), to: Date.parse(ends_at) })

export interface StationDay extends Day {
  whole: Span
  zone: string
}

const known = new WeakMap<DayStrip, StationDay>()

export function dayOf(card: Card): StationDay {
  let day = known.get(card.day)
  if (!day) {
    const { open, bookings, runs, time_zone: zone } = card.day
    const whole = spanOf(card.day)
    const { outage } = card
    day = {
      whole,
      zone,
      open: open.map(spanOf),
      bookings: bookings.map((slot) => ({ ...spanOf(slot), id: slot.id, mine: slot.mine })),
      runs: runs.map((run) => ({ ...spanOf(run), label: run.label })),
      outage: outage ? { from: -Infinity, to: outage.ends_at ? Date.parse(outage.ends_at) : whole.to } : null,
    }
    known.set(card.day, day)
  }
  return day
}
