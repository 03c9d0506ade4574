// Lists that are longer than a page, whole.
import { api, unwrap } from '../../api/client'
import type { Device, Kind, Person, Room, Site, Station } from '../../api/shapes'

export interface Register {
  stations: Station[]
  devices: Device[]
  sites: Site[]
  rooms: Room[]
  kinds: Kind[]
}

interface PageOf<T> {
  items: T[]
  next?: string
}

async function every<T>(page: (cursor?: string) => Promise<PageOf<T>>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const { items, next } = await page(cursor)
    all.push(...items)
    cursor = next
  } while (cursor)
  return all
}

export function allStations(signal: AbortSignal): Promise<Station[]> {
  return every(async (cursor) => unwrap(await api.GET('/api/v1/stations', { params: { query: { limit: 1000, cursor } }, signal })))
}

export function allPeople(signal: AbortSignal): Promise<Person[]> {
  return every(async (cursor) => unwrap(await api.GET('/api/v1/people', { params: { query: { limit: 1000, cursor } }, signal })))
}
