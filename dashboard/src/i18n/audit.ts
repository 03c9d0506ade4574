// What was done to outages, fault reports, absences, qualifications, rules, accounts and webhooks, in words.
import { dayAndClock } from './format'
import { limitName, limitValue } from './limits'
import { known, named, t } from './text.svelte'
import { who, type Line } from './trail'

/** What the words need of a line of the audit list. */
interface Deed extends Pick<Line, 'act' | 'mine' | 'automatic' | 'person' | 'reason'> {
  source: string
  of?: { name: string } | undefined
  station?: { code: string } | undefined
  kind?: { code: string; name: { en: string; zh: string } } | undefined
  name?: string | undefined
  scope?: 'school' | 'site' | 'room' | 'kind' | 'station' | undefined
  place?: { code: string; name: { en: string; zh: string } } | undefined
  fields?: { name: string; before?: unknown; after?: unknown }[] | undefined
}

/** What people can ask for, by what it is about. */
export const ACTS = {
  booking: ['reserved', 'changed', 'cancelled', 'ended', 'reseated', 'displaced', 'released', 'judged', 'approved', 'declined'],
  outage: ['reported', 'confirmed', 'dismissed', 'started', 'outage_changed', 'outage_ended', 'outage_withdrawn'],
  qualification: ['granted', 'renewed', 'revoked'],
  strike: ['appealed', 'forgiven', 'upheld'],
  rule: ['set', 'removed'],
  access: ['person_added', 'person_changed', 'password_set', 'link_made', 'token_made', 'token_revoked', 'webhook_added', 'webhook_changed', 'webhook_removed'],
} as const

const RULES = ['policy', 'quota', 'season', 'term']

/** "Ms Chen revoked Li's qualification for CNC mills. Reason: the course is over" */
export function deed(line: Deed): string {
  const is = {
    who: who(line),
    of: line.of?.name ?? t('trail.somebody'),
    station: line.station?.code ?? t('deed.gone'),
    kind: line.kind ? named(line.kind.name) || line.kind.code : t('deed.gone'),
    name: line.name ?? t('deed.gone'),
    place: place(line),
  }
  const what = RULES.includes(line.source) ? known(`rule.${line.act}`, line.source, is) : known('deed', line.act, is)
  const sentence = what ?? t('deed.other', is)
  return line.reason ? t('trail.because', { what: sentence, reason: line.reason }) : sentence
}

function place(line: Deed): string {
  if (line.scope === 'school') return t('rules.from.school')
  if (!line.scope || !line.place?.code) return t('deed.gone')
  // A kind is known by its name; what else there is, by the code on its door or label.
  const name = (line.scope === 'kind' && named(line.place.name)) || line.place.code
  return t('deed.place', { sort: t(`rules.scope.${line.scope}`), name })
}

const INSTANTS = ['starts_at', 'ends_at', 'expires_at']
const MOST = 8

/** What differs afterwards; of what is new, what it is. */
export function deedDetails(line: Deed, zone: string): string[] {
  if (line.act === 'outage_withdrawn') return [] // it never was: its end is its start
  const value = (name: string, given: unknown) => (name === 'role' && typeof given === 'string' ? (known('role', given) ?? given) : INSTANTS.includes(name) && typeof given === 'string' ? dayAndClock(Date.parse(given), zone) : limitValue(name, given))
  return (line.fields ?? []).slice(0, MOST).map(({ name, before, after }) => {
    const field = known('trail.field', name) ?? limitName(name)
    if (before === undefined || before === null) return t('deed.fact', { field, value: value(name, after) })
    return t('trail.change', { field, from: value(name, before), to: value(name, after) })
  })
}
