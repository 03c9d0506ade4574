// The day of a station as the API tells it, turned into instants for the strip.
import type { Booking, Card, DayStrip, Slot } from '../../api/shapes'
import type { Day, Promised, Span } from '../../lib/strip'

interface Between {
  starts_at: string
  ends_at: string
}
const spanOf = ({ starts_at, ends_at }: Between): Span => ({ from: Date.parse(starts_at), to: Date.parse(ends_at) })

/** A booking as the strip draws it. */
export function promised(slot: Slot | Booking): Promised {
  const { id, mine, status } = slot
  const as = status === 'held' ? 'offered' : status === 'requested' ? 'requested' : 'booked'
  return { ...spanOf(slot), id, mine, as, ...(slot.occupied_until && { occupied: Date.parse(slot.occupied_until) }) }
}

export interface StationDay extends Day {
  whole: Span
  zone: string
}

const known = new WeakMap<DayStrip, StationDay>()

export function dayOf(card: Card): StationDay {
  let day = known.get(card.day)
  if (!day) {
    const { open, bookings, runs, outages, time_zone: zone } = card.day
    const whole = spanOf(card.day)
    day = {
      whole,
      zone,
      open: open.map(spanOf),
      bookings: bookings.map(promised),
      runs: runs.map((run) => ({ ...spanOf(run), label: run.label })),
      outages: (outages ?? []).map(spanOf),
    }
    known.set(card.day, day)
  }
  return day
}
