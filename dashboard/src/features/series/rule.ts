// The rule of repetition that the form's fields say, in the server's own short text.

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
