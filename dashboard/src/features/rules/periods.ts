// The common day of a Chinese school: lessons of 45 minutes, ten minutes between them, a longer break after the second, noon
// from twelve to two, and evenings.
import type { LessonPeriod } from '../../i18n/limits'

const STARTS = ['08:00', '08:55', '10:00', '10:55', '14:00', '14:55', '16:00', '16:55', '19:00', '19:55', '20:50', '21:45']
const LESSON = 45

export const TEMPLATES = [8, 10, 12]

export function template(count: number): LessonPeriod[] {
  return STARTS.slice(0, count).map((starts) => ({ starts, ends: after(starts, LESSON) }))
}

/** The time of day so many minutes later, at most the end of the day. */
export function after(clock: string, minutes: number): string {
  const [hour, minute] = clock.split(':').map(Number) as [number, number]
  const at = Math.min(hour * 60 + minute + minutes, 24 * 60)
  return `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`
}

/** One more lesson after the last one. */
export function oneMore(periods: LessonPeriod[]): LessonPeriod[] {
  const last = periods.at(-1)
  const starts = last ? after(last.ends, 10) : '08:00'
  return [...periods, { starts, ends: after(starts, LESSON) }]
}
