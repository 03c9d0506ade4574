// Days and wall clocks of a site's zone. Instants are milliseconds since 1970;
// a day is "2026-11-22" and may have 23, 24 or 25 hours.

const parts = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string): Intl.DateTimeFormat {
  let format = parts.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    parts.set(zone, format)
  }
  return format
}

export interface Wall {
  day: string
  /** "13:05" */
  time: string
}

export function wallOf(instant: number, zone: string): Wall {
  const p = Object.fromEntries(formatter(zone).formatToParts(instant).map(({ type, value }) => [type, value]))
  return { day: `${p.year}-${p.month}-${p.day}`, time: `${p.hour}:${p.minute}` }
}

/** The instant at which the clocks of the zone show this. A time that a clock change skips gives the instant after it; one that comes twice gives the first. */
export function instantOf(day: string, time: string, zone: string): number {
  const wanted = Date.parse(`${day}T${time}:00Z`)
  const shown = (instant: number) => {
    const wall = wallOf(instant, zone)
    return Date.parse(`${wall.day}T${wall.time}:00Z`)
  }
  // The offset a day before and a day after are the only two that can hold.
  const candidates = [-1, 1].map((side) => {
    const near = wanted + side * 86_400_000
    return wanted - (shown(near) - near)
  })
  const hits = candidates.filter((instant) => shown(instant) === wanted)
  return hits.length ? Math.min(...hits) : Math.max(...candidates)
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** Midnight to midnight of a day in its zone, as instants. */
export function dayBounds(day: string, zone: string): [number, number] {
  return [instantOf(day, '00:00', zone), instantOf(addDays(day, 1), '00:00', zone)]
}

export function isDay(text: string | null): text is string {
  return !!text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
}
