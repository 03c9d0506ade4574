// What the board says about one station and about all of them.
import type { Card, Slot } from '../../api/shapes'
import { clock, longDay, minutes, weekdayClock } from '../../i18n/format'
import { known, t } from '../../i18n/text.svelte'
import { there } from '../booking/presence'
import { minutesByLabel, type Pledge } from '../../lib/strip'
import { dayOf, type StationDay } from './day'

const zoneOf = (card: Card) => card.day.time_zone

/** Who has it: a name for those who may see names, else only that it is taken. */
export function who(slot: Slot): string {
  if (slot.mine) return t('card.you')
  const purpose = slot.purpose === 'class' ? `${known('purpose', 'class')} ${slot.programme ?? ''}`.trim() : ''
  return purpose || slot.person_name || pendingWord(slot) || t('card.booked')
}

const pendingWord = ({ status }: Slot) => (status === 'held' || status === 'requested' ? t(`status.${status}`) : '')

/** What a slot is that is no booking yet, beside a name. */
export function pending(slot: Slot): string {
  const word = pendingWord(slot)
  return who(slot) === word ? '' : word
}

/** 13:45 today, Tue 08:00 on another day. */
export function when(text: string, card: Card): string {
  const instant = Date.parse(text)
  const { whole, zone } = dayOf(card)
  if (instant > whole.to || instant < whole.from) return weekdayClock(instant, zone)
  return instant === whole.to ? '24:00' : clock(instant, zone)
}

/** The line under the name. */
export function line(card: Card): string {
  const { booking, next_booking: next } = card
  switch (card.state) {
    case 'in_use':
      return booking ? t('card.until', { who: who(booking), time: when(booking.ends_at, card) }) : ''
    case 'booked_idle':
      return booking ? t(who(booking) === t('card.booked') ? 'card.since.somebody' : 'card.since', { who: who(booking), time: when(booking.starts_at, card) }) : ''
    case 'held':
      return t('card.held', { why: held(card), time: when(heldUntil(card)!, card) })
    case 'walk_in':
      return card.since ? t('card.walk_in', { time: when(card.since, card) }) : t('card.walk_in.now')
    case 'unknown':
      // Nobody sees whether somebody is there, but that it is booked is known.
      if (booking) return t('card.until', { who: who(booking), time: when(booking.ends_at, card) })
      return card.device_last_seen_at ? t('card.unknown', { time: when(card.device_last_seen_at, card) }) : t('card.unknown.never')
    case 'down':
      return card.outage?.reason || t('card.down.device')
    case 'closed':
      return next ? t('card.next', { time: when(next.starts_at, card), who: who(next) }) : t('card.closed')
    default:
      return next ? t('card.next', { time: when(next.starts_at, card), who: who(next) }) : t('card.free')
  }
}

/** Until when it is held: somebody else may come right behind. */
const heldUntil = ({ held: slot }: Card) => slot?.occupied_until ?? slot?.ends_at

/** Why nobody may have a station that stands idle and is not booked. */
function held({ held: slot }: Card): string {
  if (slot?.status === 'held') return t(slot.mine ? 'card.held.offer.mine' : 'card.held.offer')
  if (slot?.status === 'requested') return t(slot.mine ? 'card.held.request.mine' : 'card.held.request')
  return t('card.held.buffer')
}

/** Whether whoever has it now is there, for those who may know. */
export function attendance(card: Card): string {
  return card.booking && card.state !== 'down' && card.state !== 'unknown' ? there(card.booking) : ''
}

/** What one may expect next. */
export function foot(card: Card, now: number): string {
  if (card.state === 'down') return card.outage?.ends_at ? t('card.back', { time: when(card.outage.ends_at, card) }) : t('card.further')
  if (card.bookable === false) return t('card.not_bookable')
  if (card.free_until && canBookNow(card)) return t('card.free_for', { length: minutes((Date.parse(card.free_until) - now) / 60_000) })
  if (card.free_from) return t('card.free_from', { time: when(card.free_from, card) })
  return ''
}

export function canBookNow(card: Card): boolean {
  return card.state === 'free' && card.bookable !== false && !!card.free_until
}

/** How many bookings; and offers and requests, which are none. */
function promises({ bookings }: StationDay): string {
  const count = (as: Pledge) => bookings.filter((one) => one.as === as).length
  const others = (['offered', 'requested'] as const).filter((as) => count(as)).map((as) => t(`strip.${as}`, { n: count(as) }))
  return [t('strip.bookings', { n: count('booked') }), ...others].join(t('list.comma'))
}

/** The day in one sentence, for those who cannot see the strip. */
export function daySentence(station: string, day: StationDay, now: number): string {
  const sums = minutesByLabel(day.runs, now)
  return t('strip.summary', {
    station,
    day: longDay(day.whole.from, day.zone),
    bookings: promises(day),
    used: minutes(sums.booked_used + sums.walk_in),
    idle: minutes(sums.booked_idle + sums.blocked_idle),
    walk_in: minutes(sums.walk_in),
    unknown: minutes(sums.unknown),
  })
}

/** What a station's own page says first. */
export function stationHeadline(card: Card): string {
  const station = card.station.code
  const ends = { free: card.free_until, in_use: card.booking?.ends_at, held: heldUntil(card) }[card.state as string]
  if (ends) return t(`station.headline.${card.state as 'free' | 'in_use' | 'held'}`, { station, time: when(ends, card) })
  return t(card.state === 'free' || card.state === 'in_use' || card.state === 'held' ? `station.headline.${card.state}_open` : `station.headline.${card.state}`, { station })
}

export function headline(cards: Card[]): string {
  const n = cards.filter((card) => card.state === 'free').length
  const total = cards.length
  if (total === 0) return t('board.headline.empty')
  if (n > 0) return t('board.headline', { n, total })
  return t(cards.every((card) => card.state === 'closed') ? 'board.headline.closed' : 'board.headline.none', { total })
}

const some = (cards: Card[]) => {
  const codes = cards.slice(0, 3).map((card) => card.station.code)
  return codes.join(t('list.comma')) + (cards.length > 3 ? '…' : '')
}

/** What needs a person, worst first; else when one may have a station. */
export function lead(cards: Card[], now: number): string {
  for (const state of ['booked_idle', 'down', 'unknown'] as const) {
    const found = cards.filter((card) => card.state === state)
    const key = state === 'booked_idle' ? 'board.lead.idle' : state === 'down' ? 'board.lead.down' : 'board.lead.unknown'
    // What is cut off ends in an ellipsis and needs no full stop.
    if (found.length) return t(key, { n: found.length, station: some(found) }).replace(/…[.。]$/, '…')
  }
  if (cards.some((card) => card.state === 'free')) return t('board.lead.calm')
  const freed = cards.filter((card) => card.free_from).sort((a, b) => Date.parse(a.free_from!) - Date.parse(b.free_from!))[0]
  if (freed) return t('board.lead.next', { station: freed.station.code, time: when(freed.free_from!, freed) })
  const first = cards[0]
  const opens = first && Math.min(...cards.flatMap((card) => dayOf(card).open.map((span) => span.from)).filter((from) => from > now))
  return first && Number.isFinite(opens) ? t('board.lead.opens', { time: clock(opens!, zoneOf(first)) }) : ''
}

/** The nearest booking of the one who looks, of today. */
export function mineNext(cards: Card[], now: number): { card: Card; slot: Slot } | null {
  let best: { card: Card; slot: Slot } | null = null
  for (const card of cards)
    for (const slot of card.day.bookings)
      if ((slot.mine || slot.along) && Date.parse(slot.ends_at) > now && (!best || slot.starts_at < best.slot.starts_at)) best = { card, slot }
  return best
}
