// The rule of repetition that the form's fields say, in the server's own short text, and back again.

export type Repeat = 'once' | 'weekly' | 'daily' | 'month_day' | 'month_weekday'
export type Weeks = 'all' | 'odd' | 'even' | 'ranges'

export interface Fields {
  repeat: Repeat
  /** Every n weeks, days or months. */
  every: number
  /** MO … SU, of a weekly rule. */
  days: string[]
  weeks: Weeks
  /** Teaching weeks such as 1-8,10. */
  ranges: string
  end: 'count' | 'until' | 'term'
  count: number
  until: string
  /** The first day, "2026-11-23". */
  first: string
}

export const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

/** The weekday of a day, as rules name it. */
export function weekdayOf(day: string): string {
  return DAYS[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7]!
}

export function ruleOf(f: Fields): string {
  if (f.repeat === 'once') return 'FREQ=DAILY;COUNT=1'
  const parts = [`FREQ=${f.repeat === 'daily' ? 'DAILY' : f.repeat === 'weekly' ? 'WEEKLY' : 'MONTHLY'}`]
  const teaching = f.repeat === 'weekly' && f.weeks !== 'all'
  if (f.every > 1 && !teaching) parts.push(`INTERVAL=${f.every}`)
  if (f.repeat === 'weekly' && f.days.length) parts.push(`BYDAY=${DAYS.filter((day) => f.days.includes(day)).join(',')}`)
  if (f.repeat === 'month_day') parts.push(`BYMONTHDAY=${Number(f.first.slice(8))}`)
  if (f.repeat === 'month_weekday') parts.push(`BYDAY=${Math.ceil(Number(f.first.slice(8)) / 7)}${weekdayOf(f.first)}`)
  if (teaching && (f.weeks === 'odd' || f.weeks === 'even')) parts.push(`X-LABTIDE-WEEKS=${f.weeks.toUpperCase()}`)
  if (teaching && f.weeks === 'ranges') parts.push(`X-LABTIDE-TEACHING-WEEKS=${f.ranges.replaceAll(/\s/g, '').replaceAll('，', ',')}`)
  if (f.end === 'count') parts.push(`COUNT=${f.count}`)
  if (f.end === 'until') parts.push(`UNTIL=${f.until.replaceAll('-', '')}`)
  return parts.join(';')
}

/** The parts of a rule by name. */
export function partsOf(rule: string): Map<string, string> {
  return new Map(rule.split(';').map((part) => part.split('=', 2) as [string, string]))
}

/** The last day that a rule names; empty when it names none. */
export function untilOf(parts: Map<string, string>): string {
  return (parts.get('UNTIL') ?? '').replace(/^(....)(..)(..).*$/, '$1-$2-$3')
}

/** The fields that say a rule that began on `first`; null when they cannot. */
export function fieldsOf(rule: string, first: string): Fields | null {
  const parts = partsOf(rule)
  const [freq, byDay, monthDay] = [parts.get('FREQ'), parts.get('BYDAY'), parts.get('BYMONTHDAY')]
  const [parity, ranges] = [parts.get('X-LABTIDE-WEEKS'), parts.get('X-LABTIDE-TEACHING-WEEKS')]
  const until = untilOf(parts)
  const fields: Fields = {
    repeat: freq === 'DAILY' ? 'daily' : freq === 'WEEKLY' ? 'weekly' : monthDay ? 'month_day' : 'month_weekday',
    every: Number(parts.get('INTERVAL') ?? 1),
    days: freq === 'WEEKLY' ? (byDay?.split(',') ?? [weekdayOf(first)]) : [],
    weeks: ranges ? 'ranges' : parity === 'ODD' ? 'odd' : parity === 'EVEN' ? 'even' : 'all',
    ranges: ranges ?? '',
    end: parts.has('COUNT') ? 'count' : until ? 'until' : 'term',
    count: Number(parts.get('COUNT') ?? 4),
    until,
    first,
  }
  const said = (text: string) => [...partsOf(text)].map(([name, value]) => `${name}=${value.split(',').sort().join(',')}`).sort().join(';')
  // A weekly rule without days means the weekday of its first day.
  const whole = freq === 'WEEKLY' && !byDay ? `${rule};BYDAY=${weekdayOf(first)}` : rule
  return said(ruleOf(fields)) === said(whole) ? fields : null
}
