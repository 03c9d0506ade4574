// Everything that a rule may be for.
import { api, unwrap } from '../../api/client'
import type { components } from '../../api/schema'
import type { Kind, Room, Site, Station } from '../../api/shapes'
import { named } from '../../i18n/text.svelte'

type Schemas = components['schemas']
export type Scope = Schemas['PolicyScope']
export type Limits = Schemas['PolicyLimits']
export type ScopePolicy = Schemas['ScopePolicy']
export type PolicyList = Schemas['PolicyList']
export type Revision = Schemas['Revision']
export type Quota = Schemas['Quota']
export type Season = Schemas['Season']
export type Term = Schemas['Term']
export type Preview = Schemas['Preview']
export type PreviewRequest = Schemas['PreviewRequest']

export const SCOPES: Scope[] = ['school', 'site', 'room', 'kind', 'station']

export interface Places {
  sites: Site[]
  rooms: Room[]
  kinds: Kind[]
  stations: Station[]
}

export async function allPlaces(signal: AbortSignal): Promise<Places> {
  const stations: Station[] = []
  const more = async () => {
    let cursor: string | undefined
    do {
      const page = unwrap(await api.GET('/api/v1/stations', { params: { query: { limit: 1000, cursor } }, signal }))
      stations.push(...page.items)
      cursor = page.next
    } while (cursor)
  }
  const [sites, rooms, kinds] = await Promise.all([
    api.GET('/api/v1/sites', { signal }).then(unwrap),
    api.GET('/api/v1/rooms', { signal }).then(unwrap),
    api.GET('/api/v1/kinds', { signal }).then(unwrap),
    more(),
  ])
  return { sites: sites.items, rooms: rooms.items, kinds: kinds.items, stations }
}

/** The places of a scope, as a list to choose from. */
export function choices(places: Places, scope: Scope): { id: string; label: string }[] {
  if (scope === 'school') return []
  const of = { site: places.sites, room: places.rooms, kind: places.kinds, station: places.stations }[scope]
  return of.map(({ id, code, name }) => ({ id, label: `${code} ${named(name) === code ? '' : named(name)}`.trim() }))
}

export async function readPolicy(scope: Scope, place: string | null, signal: AbortSignal): Promise<ScopePolicy> {
  if (scope === 'school' || !place) return unwrap(await api.GET('/api/v1/policies/school', { signal }))
  return unwrap(await api.GET('/api/v1/policies/{scope}/{place}', { params: { path: { scope, place } }, signal }))
}

/** Replaces the limits of a scope; none at all removes them. */
export async function writePolicy(scope: Scope, place: string | null, version: number, limits: Limits): Promise<void> {
  const header = { 'If-Match': `"${version}"` }
  const empty = Object.keys(limits).length === 0
  if (scope === 'school' || !place) {
    unwrap(empty ? await api.DELETE('/api/v1/policies/school', { params: { header } }) : await api.PUT('/api/v1/policies/school', { params: { header }, body: limits }))
    return
  }
  const params = { path: { scope, place }, header }
  unwrap(empty ? await api.DELETE('/api/v1/policies/{scope}/{place}', { params }) : await api.PUT('/api/v1/policies/{scope}/{place}', { params, body: limits }))
}

export async function policyHistory(scope: Scope, place: string | null, signal: AbortSignal): Promise<Revision[]> {
  if (scope === 'school' || !place) return unwrap(await api.GET('/api/v1/policies/school/history', { signal })).items
  return unwrap(await api.GET('/api/v1/policies/{scope}/{place}/history', { params: { path: { scope, place } }, signal })).items
}
