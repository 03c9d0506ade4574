// What was done to a booking, in words.
import { dayAndClock, dayAndSpan } from './format'
import { known, t } from './text.svelte'

export interface Change {
  field: string
  from?: string | undefined
  to?: string | undefined
}
export interface Line {
  act: string
  mine?: boolean | undefined
  automatic?: boolean | undefined
  person?: { name: string } | undefined
  reason?: string | undefined
  changes: Change[]
}

/** Fields that follow from the act, and that nobody asks for. */
const SILENT = ['status', 'planned_end', 'check_in']

/** Reasons that the sentence says already, as a judgement does. */
const SAID = ['evidence', 'qr', 'instructor']

/** Who did it, as far as one may know. */
export function who(line: Pick<Line, 'mine' | 'person' | 'automatic'>): string {
  if (line.mine) return t('trail.you')
  if (line.person) return line.person.name
  return line.automatic ? t('trail.server') : t('trail.somebody')
}

function what(line: Line, zone: string, now: number): { sentence: string; told: string[] } {
  const of = (field: string) => line.changes.find((change) => change.field === field)
  const name = who(line)
  if (line.act === 'checked_in' && line.automatic) return { sentence: t('trail.seen'), told: ['verdict'] }
  if (line.act === 'judged' && of('verdict')?.to) return { sentence: t('trail.judged.as', { who: name, verdict: known('trail.verdict', of('verdict')!.to!) ?? of('verdict')!.to! }), told: ['verdict'] }
  const station = of('station')
  if (station?.from && station.to && (line.act === 'reseated' || line.act === 'changed')) {
    const key = line.act === 'reseated' ? 'trail.reseated.to' : 'trail.moved'
    return { sentence: t(key, { who: name, from: station.from, to: station.to }), told: ['station'] }
  }
  const [from, to] = [of('starts_at'), of('ends_at')]
  if (line.act === 'changed' && from?.to && to?.to) {
    return { sentence: t('trail.shifted', { who: name, time: dayAndSpan(Date.parse(from.to), Date.parse(to.to), zone, now) }), told: ['starts_at', 'ends_at'] }
  }
  if (line.act === 'displaced' && of('status')?.to !== 'cancelled') return { sentence: t('trail.displaced.rest', { who: name }), told: [] }
  return { sentence: known('trail', line.act, { who: name }) ?? t('trail.other', { who: name, act: line.act }), told: [] }
}

/** "Wang moved it from PLC-03 to PLC-05, at the same time. Reason: no power" */
export function sentence(line: Line, zone: string, now: number): string {
  const said = what(line, zone, now).sentence
  return line.reason && line.act !== 'judged' && !SAID.includes(line.reason) ? t('trail.because', { what: said, reason: known('trail.reason', line.reason) ?? line.reason }) : said
}

/** What else is different; of the first line of a booking nothing, for all of it is new. */
export function details(line: Line, zone: string, now: number): string[] {
  const { told } = what(line, zone, now)
  return line.changes
    .filter(({ field, from }) => !SILENT.includes(field) && !told.includes(field) && (from !== undefined || field === 'verdict'))
    .map(({ field, from, to }) => {
      const label = known('trail.field', field) ?? field
      return t('trail.change', { field: label, from: shown(field, from, zone), to: shown(field, to, zone) })
    })
}

function shown(field: string, value: string | undefined, zone: string): string {
  if (value === undefined) return t('trail.nothing')
  if (field.endsWith('_at')) return dayAndClock(Date.parse(value), zone)
  return known(field, value) ?? value
}
