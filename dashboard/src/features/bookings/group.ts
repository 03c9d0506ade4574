// My bookings as I made them: a party is one thing, with its seats.
import type { Booking } from '../../api/shapes'

/** A single booking, or the seats of a party that are at the same time; each where its first one stood. */
export function together(bookings: Booking[]): Booking[][] {
  const groups = new Map<string, Booking[]>()
  for (const booking of bookings) {
    const key = booking.party ? `${booking.party} ${booking.starts_at} ${booking.ends_at}` : booking.id
    const group = groups.get(key)
    if (group) group.push(booking)
    else groups.set(key, [booking])
  }
  return [...groups.values()].map((group) => group.sort((a, b) => a.station.code.localeCompare(b.station.code, 'en', { numeric: true })))
}
