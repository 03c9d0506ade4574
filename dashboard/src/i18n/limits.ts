// What the school may decide about booking, in the order and the words in which people think of it.
import { minutes, weekday } from './format'
import { known, t, type Key } from './text.svelte'

export type LimitSort = 'minutes' | 'days' | 'people' | 'strikes' | 'yes' | 'approval' | 'periods' | 'hours' | 'codes'

export interface Limit {
  name: string
  sort: LimitSort
  /** The words for 0, where it does not mean "none". */
  zero?: Key
}

export interface Group {
  name: 'when' | 'long' | 'many' | 'who' | 'change' | 'coming' | 'waiting' | 'between'
  limits: Limit[]
}

export const GROUPS: Group[] = [
  {
    name: 'when',
    limits: [
      { name: 'horizon_days', sort: 'days' },
      { name: 'notice_minutes', sort: 'minutes', zero: 'limit.start' },
      { name: 'grid_minutes', sort: 'minutes' },
      { name: 'periods', sort: 'periods' },
      { name: 'class_horizon_days', sort: 'days' },
      { name: 'off_peak', sort: 'hours' },
      { name: 'off_peak_waives', sort: 'codes' },
    ],
  },
  {
    name: 'long',
    limits: [
      { name: 'shortest_minutes', sort: 'minutes' },
      { name: 'longest_minutes', sort: 'minutes' },
      { name: 'class_longest_minutes', sort: 'minutes' },
    ],
  },
  { name: 'many', limits: [{ name: 'many_stations', sort: 'yes' }] },
  {
    name: 'who',
    limits: [
      { name: 'qualification', sort: 'yes' },
      { name: 'qualification_unused_days', sort: 'days', zero: 'limit.never' },
      { name: 'min_people', sort: 'people' },
      { name: 'approval', sort: 'approval' },
    ],
  },
  {
    name: 'change',
    limits: [
      { name: 'change_notice_minutes', sort: 'minutes', zero: 'limit.start' },
      { name: 'cancel_notice_minutes', sort: 'minutes', zero: 'limit.start' },
    ],
  },
  {
    name: 'coming',
    limits: [
      { name: 'grace_minutes', sort: 'minutes' },
      { name: 'check_in_qr', sort: 'yes' },
      { name: 'frees_absent', sort: 'yes' },
      { name: 'strike_absent', sort: 'yes' },
      { name: 'strike_limit', sort: 'strikes', zero: 'limit.never' },
      { name: 'strike_days', sort: 'days' },
      { name: 'idle_release_minutes', sort: 'minutes', zero: 'limit.never' },
      { name: 'idle_warning_minutes', sort: 'minutes' },
    ],
  },
  { name: 'waiting', limits: [{ name: 'hold_minutes', sort: 'minutes' }] },
  {
    name: 'between',
    limits: [
      { name: 'buffer_minutes', sort: 'minutes' },
      { name: 'travel_minutes', sort: 'minutes' },
    ],
  },
]

export interface LessonPeriod {
  starts: string
  ends: string
}
export interface WeekHours {
  weekdays?: number[]
  from: string
  until: string
}

const byName = new Map(GROUPS.flatMap((group) => group.limits.map((limit) => [limit.name, limit])))

/** What a limit is called. */
export const limitName = (name: string): string => known('limit', name) ?? known('field', name) ?? name

/** What rule does not hold off-peak, by the code of its refusal. */
export const waived = (code: string): string => known('waives', code) ?? t('limit.code', { code })

/** Mon–Fri 18:00–22:00, Sat 08:00–12:00 */
export function hoursInWords(list: WeekHours[]): string {
  const one = ({ weekdays = [], from, until }: WeekHours) => {
    const days = [...weekdays].sort((a, b) => a - b)
    const row = days.length > 2 && days.at(-1)! - days[0]! === days.length - 1
    const on = days.length === 0 || days.length === 7 ? t('limit.everyday') : row ? `${weekday(days[0]!)}–${weekday(days.at(-1)!)}` : days.map(weekday).join(t('list.comma'))
    return `${on} ${from}–${until}`
  }
  return list.length ? list.map(one).join(t('list.comma')) : t('limit.none')
}

/** A whole number of a limit in words; another sort of value is not its. */
function counted(limit: Limit, n: number): string {
  if (n === 0) return t(limit.zero ?? 'limit.none')
  if (limit.sort === 'minutes') return n % 1440 === 0 ? t('limit.days', { n: n / 1440 }) : minutes(n)
  return t(limit.sort === 'days' ? 'limit.days' : limit.sort === 'people' ? 'limit.people' : 'limit.times', { n })
}

/** The value of a limit in words. */
export function limitValue(name: string, value: unknown): string {
  const limit = byName.get(name)
  if (value === undefined || value === null) return t('rules.nothing')
  if (typeof value === 'boolean') return t(value ? 'rules.yes' : 'rules.no')
  if (typeof value === 'number') return limit ? counted(limit, value) : name === 'most_minutes' ? minutes(value) : String(value)
  if (typeof value === 'string') return limit?.sort === 'approval' ? (known('limit.approval', value) ?? value) : (known('quota.per', value) ?? known('quota.window', value) ?? known('rules.scope', value) ?? value)
  if (!Array.isArray(value)) return JSON.stringify(value)
  if (value.length === 0) return t('limit.none')
  if (limit?.sort === 'periods') {
    const list = value as LessonPeriod[]
    return t('limit.periods.n', { n: list.length, span: `${list[0]!.starts}–${list.at(-1)!.ends}` })
  }
  if (typeof value[0] === 'object') return hoursInWords(value as WeekHours[])
  return (value as string[]).map((one) => (limit?.sort === 'codes' ? waived(one) : one)).join(t('list.comma'))
}

interface Counted {
  per: 'person' | 'team' | 'programme'
  window: 'day' | 'week' | 'month' | 'term'
  most_minutes?: number | undefined
  most_bookings?: number | undefined
  hours?: WeekHours[] | undefined
}

/** "12 h per person in each week, counted Mon–Fri 18:00–22:00" */
export function quotaInWords({ per, window, most_minutes, most_bookings = 0, hours }: Counted): string {
  const of = { per: t(`quota.per.${per}`), window: t(`quota.window.${window}`) }
  const most = most_minutes !== undefined ? t('quota.says.minutes', { hours: minutes(most_minutes), ...of }) : t('quota.says.bookings', { n: most_bookings, ...of })
  return hours?.length ? `${most}${t('list.comma')}${t('quota.says.hours', { hours: hoursInWords(hours) })}` : most
}
