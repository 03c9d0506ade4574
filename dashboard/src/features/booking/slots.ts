// Which times a form offers, what it proposes first, and which instants are meant.
import { addDays, instantOf, isDay } from '../../lib/zone'

interface Grid {
  grid_minutes: number
  shortest_minutes: number
  longest_minutes: number
}

/** Clock times of a day on the grid, with those that are chosen already, off the grid or not. */
export function times(gridMinutes: number, chosen: string[]): string[] {
  const all = new Set(chosen.filter(Boolean))
  for (let minute = 0; minute < 24 * 60; minute += gridMinutes) {
    all.add(`${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`)
  }
  return [...all].sort()
}

interface Period {
  starts: string
  ends: string
}

/** Where bookings may start and end: at the edges of lesson periods where a school has them, else on the grid. */
export function edges(gridMinutes: number, periods: Period[], chosen: { starts: string; ends: string }): { starts: string[]; ends: string[] } {
  if (!periods.length) {
    const all = times(gridMinutes, [chosen.starts, chosen.ends])
    return { starts: all, ends: all }
  }
  const sorted = (all: string[]) => [...new Set(all.filter(Boolean))].sort()
  return {
    starts: sorted([...periods.map((period) => period.starts), chosen.starts]),
    ends: sorted([...periods.map((period) => (period.ends === '24:00' ? '00:00' : period.ends)), chosen.ends]),
  }
}

/** The first lesson period that starts at this time of day or later; else the first of the next day. */
export function nextPeriod(periods: Period[], time: string): { period: Period; tomorrow: boolean } {
  const later = periods.find((period) => period.starts >= time)
  return { period: later ?? periods[0]!, tomorrow: !later }
}

/** Names that somebody wrote with commas or spaces between them. */
export function named(text: string): string[] {
  return [...new Set(text.split(/[\s,;，、；]+/).filter(Boolean))]
}

/** The next start on the grid that is not before `from`, for an hour if the rules allow it. */
export function proposal(from: number, { grid_minutes, shortest_minutes, longest_minutes }: Grid): { from: number; to: number } {
  const grid = grid_minutes * 60_000
  const start = Math.ceil(from / grid) * grid
  const wanted = Math.min(Math.max(60, shortest_minutes), longest_minutes) * 60_000
  return { from: start, to: start + Math.max(grid, Math.floor(wanted / grid) * grid) }
}

export interface Span {
  startsAt: number
  endsAt: number
}

/** The instants of a day and two clock times there; an end at 00:00 is the end of the day. Else the key of what is wrong. */
export function instants(day: string, starts: string, ends: string, zone: string): Span | 'book.incomplete' | 'book.backwards' {
  if (!isDay(day) || !starts || !ends) return 'book.incomplete'
  const startsAt = instantOf(day, starts, zone)
  const endsAt = instantOf(ends === '00:00' ? addDays(day, 1) : day, ends, zone)
  return endsAt > startsAt ? { startsAt, endsAt } : 'book.backwards'
}

interface Place {
  id: string
  code: string
  room: { id: string; code: string }
}

/** Where something may move to: first where it is, then its room, then the others. */
export function placesNear<T extends Place>(all: T[], here: Place): T[] {
  const far = (one: Place) => (one.id === here.id ? 0 : one.room.id === here.room.id ? 1 : 2)
  const by = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })
  return [...all].sort((a, b) => far(a) - far(b) || by(a.room.code, b.room.code) || by(a.code, b.code))
}
