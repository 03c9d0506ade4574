// What went wrong, in the person's language where the dashboard knows the code.
import { clock, minutes, shortDay, span } from '../i18n/format'
import { known, t, type Params } from '../i18n/text.svelte'
import type { components } from './schema'
import type { Alternative, Refusal } from './shapes'

type Wire = Partial<components['schemas']['Problem']>

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly requestId: string
  readonly faults: { field: string; code: string; detail: string }[]
  readonly refusals: Refusal[]
  readonly alternatives: Alternative[]

  private constructor(status: number, wire: Wire) {
    super(`${status} ${wire.code ?? ''}`)
    this.status = status
    this.code = wire.code ?? String(status)
    this.detail = wire.detail ?? wire.title ?? ''
    this.requestId = wire.request_id ?? ''
    this.faults = wire.errors ?? []
    this.refusals = wire.refusals ?? []
    this.alternatives = wire.alternatives ?? []
  }

  static of(body: unknown, status: number): Problem {
    return new Problem(status, body !== null && typeof body === 'object' ? (body as Wire) : {})
  }

  static ofNetwork(): Problem {
    return new Problem(0, { code: 'network' })
  }
}

/** One sentence about anything that was thrown. */
export function explain(error: unknown): string {
  if (!(error instanceof Problem)) throw error
  const faults = error.faults.map(({ field, code, detail }) => known('error', code, { field: field.replace(/^\//, '') }) ?? detail).join(' ')
  return faults || known('error', error.code) || error.detail || t('error.unknown', { code: error.code })
}

/** Why a rule said no, with the rule's value as people write it. */
export function explainRefusal(refusal: Refusal, zone: string): string {
  const params: Params = { limit: written(refusal.limit, zone), actual: written(refusal.actual, zone) }
  return (refusal.limit ? known('refusal', refusal.code, params) : null) ?? known('error', refusal.code) ?? refusal.detail
}

/** Whole minutes, a number of things, an instant, or an interval "from/to" in words. */
function written(value: string | undefined, zone: string): string {
  if (!value) return ''
  if (/^\d+$/.test(value)) return minutes(Number(value))
  const [, n, things] = /^(\d+) (\w+)$/.exec(value) ?? []
  if (things) return known('count', things, { n: Number(n) }) ?? value
  const [from, to] = value.split('/').map(Date.parse) as [number, number?]
  if (Number.isNaN(from)) return value
  return `${shortDay(from, zone)} ${to === undefined ? clock(from, zone) : span(from, to, zone)}`
}
