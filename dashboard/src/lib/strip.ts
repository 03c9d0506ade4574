// The day of a station as boxes, fills and hatches on a track: a promise is an
// outline, the truth fills it, and what nobody knows is hatched. Pure geometry.

export type Label = 'closed' | 'down' | 'unknown' | 'booked_used' | 'booked_idle' | 'blocked_idle' | 'walk_in' | 'free'

/** Half-open, instants in milliseconds. */
export interface Span {
  from: number
  to: number
}
/** What was promised: only a booking is a promise; an offer and a request keep the time from others. */
export type Pledge = 'booked' | 'offered' | 'requested'
export interface Promised extends Span {
  id: string
  mine: boolean
  as: Pledge
  /** The end of the buffer after it; left out: there is none. */
  occupied?: number
}
export interface Run extends Span {
  label: Label
}

export interface Day {
  open: Span[]
  bookings: Promised[]
  /** What happened, up to now. */
  runs: Run[]
  /** Those that run or are planned. */
  outages: Span[]
}

/** Percent of the track. */
export interface Piece {
  left: number
  width: number
}
export interface Box extends Piece {
  mine: boolean
  as: Pledge
}
export type Fill = 'used' | 'idle' | 'walk_in'
export interface Filled extends Piece {
  fill: Fill
}
export type Hatch = 'unknown' | 'down' | 'closed'
export interface Hatched extends Piece {
  why: Hatch
}
export interface Drawing {
  boxes: Box[]
  buffers: Piece[]
  fills: Filled[]
  hatches: Hatched[]
  /** Percent, null when now is not on the track. */
  now: number | null
}

const FILLS: Partial<Record<Label, Fill>> = { booked_used: 'used', booked_idle: 'idle', blocked_idle: 'idle', walk_in: 'walk_in' }

function clip(span: Span, frame: Span): Span | null {
  const from = Math.max(span.from, frame.from)
  const to = Math.min(span.to, frame.to)
  return from < to ? { from, to } : null
}

function place(span: Span, frame: Span): { left: number; width: number } {
  const scale = 100 / (frame.to - frame.from)
  const round = (x: number) => Math.round(x * 1000) / 1000
  return { left: round((span.from - frame.from) * scale), width: round((span.to - span.from) * scale) }
}

/** Neighbours with the same label become one, so that no seam shows. */
export function joinRuns(runs: Run[]): Run[] {
  const out: Run[] = []
  for (const run of runs) {
    const last = out.at(-1)
    if (last && last.label === run.label && last.to === run.from) last.to = run.to
    else out.push({ ...run })
  }
  return out
}

/** What is not open, inside the frame. */
export function closedSpans(open: Span[], frame: Span): Span[] {
  const out: Span[] = []
  let at = frame.from
  for (const span of [...open].sort((a, b) => a.from - b.from)) {
    if (span.from > at) out.push({ from: at, to: Math.min(span.from, frame.to) })
    at = Math.max(at, span.to)
  }
  if (at < frame.to) out.push({ from: at, to: frame.to })
  return out.filter((span) => span.from < span.to)
}

/**
 * The part of the day worth showing: the open hours with an hour around them, and whatever
 * was booked or used outside; the whole day when it is closed all day.
 */
export function frameOf(days: Day[], whole: Span): Span {
  const HOUR = 3_600_000
  let from = Infinity
  let to = -Infinity
  const stretch = (span: Span, margin: number) => {
    from = Math.min(from, span.from - margin)
    to = Math.max(to, span.to + margin)
  }
  for (const day of days) {
    for (const span of day.open) stretch(span, HOUR)
    for (const span of day.bookings) stretch(span, 0)
    for (const run of day.runs) if (FILLS[run.label]) stretch(run, 0)
  }
  return clip({ from, to }, whole) ?? whole
}

export function draw(day: Day, frame: Span, now: number): Drawing {
  const boxes: Box[] = []
  const buffers: Piece[] = []
  for (const booking of day.bookings) {
    const { mine, as, to, occupied } = booking
    const seen = clip(booking, frame)
    if (seen) boxes.push({ mine, as, ...place(seen, frame) })
    const after = occupied ? clip({ from: to, to: occupied }, frame) : null
    if (after) buffers.push(place(after, frame))
  }
  const past = { from: frame.from, to: Math.min(now, frame.to) }
  const fills: Filled[] = []
  const hatches: Hatched[] = []
  for (const run of joinRuns(day.runs)) {
    const seen = clip(run, past)
    if (!seen) continue
    const fill = FILLS[run.label]
    if (fill) fills.push({ fill, ...place(seen, frame) })
    else if (run.label === 'unknown') hatches.push({ why: 'unknown', ...place(seen, frame) })
    else if (run.label === 'down') hatches.push({ why: 'down', ...place(seen, frame) })
  }
  for (const outage of day.outages) {
    const ahead = clip(outage, { from: Math.max(now, frame.from), to: frame.to })
    if (ahead) hatches.push({ why: 'down', ...place(ahead, frame) })
  }
  for (const span of closedSpans(day.open, frame)) hatches.push({ why: 'closed', ...place(span, frame) })
  const at = place({ from: now, to: now }, frame).left
  return { boxes, buffers, fills, hatches, now: now >= frame.from && now <= frame.to ? at : null }
}

/** What some of these days show besides bookings, for the legend. */
export function signs(days: Day[]): ('offered' | 'requested' | 'buffer')[] {
  const bookings = days.flatMap((day) => day.bookings)
  const shown = { offered: bookings.some(({ as }) => as === 'offered'), requested: bookings.some(({ as }) => as === 'requested'), buffer: bookings.some(({ occupied }) => occupied) }
  return (['offered', 'requested', 'buffer'] as const).filter((sign) => shown[sign])
}

/** Whole minutes of each label, up to now: what the sentence beside the picture says. */
export function minutesByLabel(runs: Run[], now: number): Record<Label, number> {
  const sums: Record<Label, number> = { closed: 0, down: 0, unknown: 0, booked_used: 0, booked_idle: 0, blocked_idle: 0, walk_in: 0, free: 0 }
  for (const run of runs) {
    const seen = clip(run, { from: -Infinity, to: now })
    if (seen) sums[run.label] += (seen.to - seen.from) / 60_000
  }
  return sums
}

/** Hours to write under the track, as instants, at most so many. */
export function ticks(frame: Span, most: number): number[] {
  const HOUR = 3_600_000
  const hours = (frame.to - frame.from) / HOUR
  const step = [1, 2, 3, 4, 6, 12].find((n) => hours / n <= most) ?? 24
  const out: number[] = []
  for (let at = Math.ceil(frame.from / HOUR) * HOUR; at <= frame.to; at += HOUR) {
    if (Math.round((at - frame.from) / HOUR) % step === 0) out.push(at)
  }
  return out
}
