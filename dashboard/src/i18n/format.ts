// Numbers, dates and lengths as people of the chosen language write them, in the
// zone of the site (not of the browser: a planner abroad still sees the school's clock).
import { wallOf } from '../lib/zone'
import { currentLanguage, locale, t } from './text.svelte'

const cache = new Map<string, Intl.DateTimeFormat>()

function dates(name: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale()} ${zone} ${name}`
  let format = cache.get(key)
  if (!format) cache.set(key, (format = new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options })))
  return format
}

/** 13:05 */
export function clock(instant: number, zone: string): string {
  return wallOf(instant, zone).time
}

/** 14:00–16:00; midnight at the end is 24:00 */
export function span(from: number, to: number, zone: string): string {
  const end = clock(to, zone)
  return `${clock(from, zone)}–${end === '00:00' && to > from ? '24:00' : end}`
}

/** Mon 13:05 */
export function weekdayClock(instant: number, zone: string): string {
  return `${dates('weekday', zone, { weekday: 'short' }).format(instant)} ${clock(instant, zone)}`
}

/** Mon 23 Nov */
export function shortDay(instant: number, zone: string): string {
  return dates('short', zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(instant).replace(',', '')
}

/** Monday 23 November */
export function longDay(instant: number, zone: string): string {
  return dates('long', zone, { weekday: 'long', day: 'numeric', month: 'long' }).format(instant).replace(',', '')
}

/** 23 Nov 2026 for a day of the calendar, whatever the zone. */
export function calendarDay(day: string): string {
  return dates('calendar', 'UTC', { day: 'numeric', month: 'short', year: 'numeric' }).format(Date.parse(`${day}T00:00:00Z`))
}

/** 1–30 November 2026: both days are inside. */
export function dayRange(first: string, last: string): string {
  const [a, b] = [Date.parse(`${first}T00:00:00Z`), Date.parse(`${last}T00:00:00Z`)]
  const whole = dates('range', 'UTC', { day: 'numeric', month: 'long', year: 'numeric' })
  if (a === b) return whole.format(a)
  // Intl writes Chinese ranges as numbers with slashes.
  if (currentLanguage() === 'zh') return `${whole.format(a)}至${whole.format(b).replace(first.slice(0, 4) + '年', '')}`
  return whole.formatRange(a, b).replace(/\s*[–-]\s*/, '–')
}

/** 1 h 54 min */
export function minutes(count: number): string {
  const whole = Math.max(0, Math.round(count))
  const [h, m] = [Math.floor(whole / 60), whole % 60]
  if (h === 0) return t('length.minutes', { m })
  return m === 0 ? t('length.hours', { h }) : t('length.both', { h, m })
}

/** Whole hours of many minutes: 1,204 h */
export function hours(count: number): string {
  return t('length.hours', { h: count >= 6000 ? Math.round(count / 60) : Math.round(count / 6) / 10 })
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value)
}

/** How much is known, rounded down: what is not all known never reads 100 %. */
export function known(coverage: number | null | undefined): string {
  return percent(coverage == null ? coverage : Math.floor(coverage * 100) / 100)
}

/** 31 %, or a dash for a share of nothing. Chinese writes no space. */
export function percent(share: number | null | undefined, digits = 0): string {
  if (share === null || share === undefined) return '–'
  return number(share * 100, digits) + (currentLanguage() === 'zh' ? '%' : ' %')
}

/** "Mon 23 Nov 14:00–16:00", without the day when it is today. */
export function dayAndSpan(from: number, to: number, zone: string, now: number): string {
  const range = span(from, to, zone)
  return wallOf(from, zone).day === wallOf(now, zone).day ? range : `${shortDay(from, zone)} ${range}`
}

/** Mon 23 Nov 13:05 */
export function dayAndClock(instant: number, zone: string): string {
  return `${shortDay(instant, zone)} ${clock(instant, zone)}`
}

/** Mon, for 1. */
export function weekday(iso: number): string {
  // 1 January 2024 was a Monday.
  return dates('weekday', 'UTC', { weekday: 'short' }).format(Date.UTC(2024, 0, iso))
}

/** Monday, for 1; Chinese keeps the short name, as people say it. */
export function weekdayName(iso: number): string {
  if (currentLanguage() === 'zh') return weekday(iso)
  return dates('weekday-long', 'UTC', { weekday: 'long' }).format(Date.UTC(2024, 0, iso))
}

/** "Monday, Wednesday and Friday" */
export function together(things: string[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(things)
}
