// A day of a station that is not today: what was promised, and what is known of it.
import { api, unwrap } from '../../api/client'
import type { Booking, StationRef } from '../../api/shapes'
import { dayBounds } from '../../lib/zone'
import { promised, type StationDay } from '../board/day'
import { openOn } from './hours'

export interface AnotherDay extends StationDay {
  list: Booking[]
}

export async function anotherDay(station: StationRef, day: string, zone: string, signal: AbortSignal): Promise<AnotherDay> {
  const [from, to] = dayBounds(day, zone)
  const query = { station: station.id, from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit: 1000 }
  const [ledger, bookings, hours, outages] = await Promise.all([
    from < Date.now() ? api.GET('/api/v1/ledger', { params: { query: { station: station.id, day } }, signal }).then(unwrap) : { runs: [] },
    api.GET('/api/v1/bookings', { params: { query }, signal }).then(unwrap),
    api.GET('/api/v1/sites/{site}/opening-hours', { params: { path: { site: station.site.id } }, signal }).then(unwrap),
    api.GET('/api/v1/outages', { params: { query: { station: station.id, from: query.from, to: query.to } }, signal }).then(unwrap),
  ])
  const list = bookings.items.filter((booking) => booking.status !== 'cancelled')
  return {
    whole: { from, to },
    zone,
    open: openOn(hours, station.room, day),
    list,
    bookings: list.map(promised),
    runs: ledger.runs.map(({ starts_at, ends_at, label }) => ({ from: Date.parse(starts_at), to: Date.parse(ends_at), label })),
    outages: outages.items.map((outage) => ({ from: Date.parse(outage.starts_at), to: outage.ends_at ? Date.parse(outage.ends_at) : to })),
  }
}
