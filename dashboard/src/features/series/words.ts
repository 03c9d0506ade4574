// A series in words: "every Tuesday 10:00–11:30, until 12 Jan 2027".
import type { SeriesOccurrence } from '../../api/shapes'
import { calendarDay, together, weekdayName } from '../../i18n/format'
import { known, t } from '../../i18n/text.svelte'
import { wallOf } from '../../lib/zone'
import { DAYS, partsOf, untilOf, weekdayOf } from './rule'

interface Ruled {
  rule?: string | undefined
  first?: string | undefined
  starts?: string | undefined
  ends?: string | undefined
}

/** When a series happens, in one sentence; empty when it has no rule. */
export function ruleInWords({ rule, first, starts, ends }: Ruled): string {
  if (!rule || !first) return ''
  const parts = partsOf(rule)
  const when = t('series.says', { what: what(parts, first), time: starts ? `${starts}–${ends}` : '' })
  const until = untilOf(parts)
  const count = Number(parts.get('COUNT') ?? 0)
  if (count === 1) return t('series.says.once', { day: calendarDay(first), time: starts ? `${starts}–${ends}` : '' })
  const end = count ? t('series.says.count', { n: count }) : until ? t('series.says.until', { day: calendarDay(until) }) : t('series.says.term')
  return t('series.says.end', { when, end })
}

function what(parts: Map<string, string>, first: string): string {
  const n = Number(parts.get('INTERVAL') ?? 1)
  const some = n > 1 ? 'some' : 'each'
  const days = (parts.get('BYDAY') ?? weekdayOf(first)).split(',')
  switch (parts.get('FREQ')) {
    case 'DAILY':
      return t(`series.says.daily.${some}`, { n })
    case 'MONTHLY': {
      const dates = parts.get('BYMONTHDAY')
      if (dates) return dates === '-1' ? t(`series.says.last_day.${some}`, { n }) : t(`series.says.month_day.${some}`, { n, day: together(dates.split(',')) })
      if (!parts.has('BYDAY')) return t(`series.says.month_day.${some}`, { n, day: String(Number(first.slice(8))) })
      return t(`series.says.month_weekday.${some}`, { n, days: together(days.map(nth)) })
    }
  }
  const names = together(days.map(name))
  const weeks = parts.get('X-LABTIDE-TEACHING-WEEKS')
  const parity = parts.get('X-LABTIDE-WEEKS')
  const those = weeks ? t('series.says.ranges', { days: names, weeks }) : ''
  if (parity) return weeks ? t(parity === 'ODD' ? 'series.says.odd.of' : 'series.says.even.of', { those }) : t(parity === 'ODD' ? 'series.says.odd' : 'series.says.even', { days: names })
  return those || t(`series.says.weekly.${some}`, { n, days: names })
}

const name = (code: string) => weekdayName(DAYS.indexOf(code as (typeof DAYS)[number]) + 1)

/** "second Tuesday" of 2TU. */
function nth(code: string): string {
  const [, which = '1', day = 'MO'] = /^(-?\d+)?(..)$/.exec(code) ?? []
  return t('series.says.nth', { nth: known('series.nth', which) ?? which, day: name(day) })
}

export interface Told {
  /** Occurrences that have not ended and stand. */
  ahead: SeriesOccurrence[]
  /** How many are over. */
  past: number
  /** Those to come that are not as the rule has them: at another time, or cancelled. */
  exceptions: SeriesOccurrence[]
}

/** What there is to tell of the occurrences of a series. */
export function told(occurrences: SeriesOccurrence[], now: number): Told {
  const later = occurrences.filter((one) => Date.parse(one.ends_at) > now)
  const stand = (one: SeriesOccurrence) => one.outcome !== 'cancelled'
  return {
    ahead: later.filter(stand),
    past: occurrences.filter((one) => stand(one) && Date.parse(one.ends_at) <= now).length,
    exceptions: later.filter((one) => !stand(one) || one.starts_at !== one.planned_at),
  }
}

/** The day by which the server knows the occurrence of a booking: the one that the rule gave it. */
export function dayOf(occurrences: SeriesOccurrence[], booking: string, zone: string): string | null {
  const found = occurrences.find((one) => one.bookings.some(({ id }) => id === booking))
  return found ? wallOf(Date.parse(found.planned_at), zone).day : null
}

/** What a change or a cancellation from a day on is about: the occurrences that have not begun. */
export function following(occurrences: SeriesOccurrence[], from: string | null, zone: string, now: number): SeriesOccurrence[] {
  return occurrences.filter((one) => one.outcome !== 'cancelled' && Date.parse(one.starts_at) > now && (!from || wallOf(Date.parse(one.planned_at), zone).day >= from))
}

/** What became alike of several stations at one time is one line, with all of its bookings. */
export function grouped(occurrences: SeriesOccurrence[]): SeriesOccurrence[] {
  const lines = new Map<string, SeriesOccurrence>()
  for (const { bookings, ...one } of occurrences) {
    const key = JSON.stringify([one.planned_at, one.starts_at, one.ends_at, one.outcome, one.reason, one.refusals])
    const line = lines.get(key)
    lines.set(key, { ...one, bookings: [...(line?.bookings ?? []), ...bookings] })
  }
  return [...lines.values()]
}

/** How many dates are not left as they are. */
export function changed(occurrences: SeriesOccurrence[]): number {
  return new Set(occurrences.filter((one) => one.outcome !== 'kept' && one.outcome !== 'skipped').map((one) => one.planned_at)).size
}
