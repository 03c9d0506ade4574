// Quotas, seasons and terms are kept alike: read with a version, replaced, removed, each with its history.
import { api, ifMatch, unwrap } from '../../api/client'
import type { components } from '../../api/schema'
import type { Revision } from './places'

type Schemas = components['schemas']
export type Rule = { kind: 'quota'; body: Schemas['NewQuota'] | null } | { kind: 'season'; body: Schemas['NewSeason'] | null } | { kind: 'term'; body: Schemas['NewTerm'] | null }

interface Standing {
  id: string
  version: number
}

export async function saveRule({ kind, body }: Rule, stands: Standing | null): Promise<void> {
  // The three shapes differ and their paths do not: the kind says which of them it is.
  const wanted = body as Schemas['NewQuota']
  if (!stands) unwrap(await api.POST(`/api/v1/${kind}s` as '/api/v1/quotas', { body: wanted }))
  else unwrap(await api.PUT(`/api/v1/${kind}s/{id}` as '/api/v1/quotas/{quota}', { params: params(stands), body: wanted }))
}

export async function removeRule(kind: Rule['kind'], stands: Standing): Promise<void> {
  unwrap(await api.DELETE(`/api/v1/${kind}s/{id}` as '/api/v1/quotas/{quota}', { params: params(stands) }))
}

export async function ruleHistory(kind: Rule['kind'], id: string, signal: AbortSignal): Promise<Revision[]> {
  const { items } = unwrap(await api.GET(`/api/v1/${kind}s/{id}/history` as '/api/v1/quotas/{quota}/history', { params: { path: named(id) }, signal }))
  return items
}

const named = (id: string) => ({ id }) as unknown as { quota: string }
const params = ({ id, version }: Standing) => ({ path: named(id), header: ifMatch(version) })
