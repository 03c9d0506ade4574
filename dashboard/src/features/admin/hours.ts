// Opening hours as a form shows them: a week for each scope and season, and days that are different.
import type { HoursException, WeeklyHours } from '../../api/shapes'
import { addDays } from '../../lib/zone'

export interface Opening {
  opens: string
  closes: string
}

/** What a field for a time of day takes: 8:00, 08:00, and 24:00 for the end of the day. */
export const CLOCK = '([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00'

/** The same week for one room, or for the whole site, as long as it is valid. */
export interface Week {
  room: string
  from: string
  until: string
  /** Monday first. */
  days: Opening[][]
}

/** Days in a row that are different in the same way. */
export interface Special {
  room: string
  first: string
  last: string
  /** Null: closed. */
  opening: Opening | null
  reason: string
}

export const emptyWeek = (): Week => ({ room: '', from: '', until: '', days: Array.from({ length: 7 }, () => []) })

export function weeksOf(hours: WeeklyHours[]): Week[] {
  const weeks = new Map<string, Week>()
  for (const rule of hours) {
    const [room, from, until] = [rule.room ?? '', rule.valid_from ?? '', rule.valid_until ?? '']
    const key = JSON.stringify([room, from, until])
    const week = weeks.get(key) ?? { ...emptyWeek(), room, from, until }
    weeks.set(key, week)
    week.days[rule.weekday - 1]!.push({ opens: rule.opens, closes: rule.closes })
  }
  const order = (week: Week) => `${week.room}\n${week.from}`
  for (const week of weeks.values()) for (const day of week.days) day.sort((a, b) => a.opens.localeCompare(b.opens))
  return [...weeks.values()].sort((a, b) => order(a).localeCompare(order(b)))
}

export function hoursOf(weeks: Week[]): WeeklyHours[] {
  return weeks.flatMap((week) =>
    week.days.flatMap((openings, day) =>
      openings.map((opening) => ({
        weekday: day + 1,
        ...onWire(opening),
        ...(week.room && { room: week.room }),
        ...(week.from && { valid_from: week.from }),
        ...(week.until && { valid_until: week.until }),
      })),
    ),
  )
}

export function specialsOf(exceptions: HoursException[]): Special[] {
  const out: Special[] = []
  const open = (rule: HoursException) => (rule.opens && rule.closes ? { opens: rule.opens, closes: rule.closes } : null)
  for (const rule of [...exceptions].sort((a, b) => a.day.localeCompare(b.day))) {
    const next: Special = { room: rule.room ?? '', first: rule.day, last: rule.day, opening: open(rule), reason: rule.reason ?? '' }
    const same = out.find((one) => addDays(one.last, 1) === next.first && likeness(one) === likeness(next))
    if (same) same.last = next.last
    else out.push(next)
  }
  return out
}

const likeness = ({ room, opening, reason }: Special) => JSON.stringify([room, opening, reason])

export function exceptionsOf(specials: Special[]): HoursException[] {
  return specials.flatMap(({ room, first, last, opening, reason }) => {
    const days = []
    for (let day = first; day <= last; day = addDays(day, 1)) days.push(day)
    return days.map((day) => ({ day, ...(room && { room }), ...(opening && onWire(opening)), ...(reason && { reason }) }))
  })
}

/** How many days a holiday has; 0 when it ends before it begins. */
export function daysOf(first: string, last: string): number {
  return Math.max(0, Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1)
}

const onWire = ({ opens, closes }: Opening): Opening => ({ opens: opens.padStart(5, '0'), closes: closes.padStart(5, '0') })
