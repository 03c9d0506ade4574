// Reserving and giving back, with the news about it.
import { api, idempotencyKey, ifMatch, unwrap } from '../../api/client'
import { explain } from '../../api/problem'
import { session } from '../../api/session.svelte'
import type { Booking, NewParty, Party, Purpose } from '../../api/shapes'
import { dayAndSpan } from '../../i18n/format'
import { t } from '../../i18n/text.svelte'
import { serverNow } from '../../lib/clock.svelte'
import { tell } from '../../ui/toasts.svelte'

export interface Wish {
  /** Id of the station. */
  station: string
  startsAt: number
  endsAt: number
  purpose?: Purpose
  programme?: string
  /** Ids or logins of those who come along. */
  companions?: string[]
  override?: boolean
}

let made = $state(0)

/** Grows with every change made here: lists that read it are fetched again. */
export function changesMade(): number {
  return made
}

/** Something changed here by another way. */
export function changeMade(): void {
  made++
}

const wire = (instant: number) => new Date(instant).toISOString().replace('.000Z', 'Z')

/** Reserves, and offers the way back for a while. Throws a Problem when it is refused. */
export async function reserve({ station, startsAt, endsAt, purpose, programme, companions, override }: Wish): Promise<Booking> {
  const body = {
    station,
    starts_at: wire(startsAt),
    ends_at: wire(endsAt),
    ...(purpose && { purpose }),
    ...(programme && session.choosesProgramme && { programme }),
    ...(companions?.length && { companions }),
    override: override ?? false,
  }
  const booking = unwrap(await api.POST('/api/v1/bookings', { body, params: { header: idempotencyKey() } }))
  made++
  tell(t(booking.status === 'requested' ? 'book.requested' : 'book.done', said(booking)), { action: { label: t('undo'), run: () => void giveBack(booking, 'book.undone') }, about: booking.id })
  return booking
}

/** Reserves several stations at once. Throws a Problem when any of them is refused. */
export async function reserveParty(wish: Omit<NewParty, 'starts_at' | 'ends_at'>, startsAt: number, endsAt: number): Promise<Party> {
  const body = { ...wish, starts_at: wire(startsAt), ends_at: wire(endsAt) }
  const party = unwrap(await api.POST('/api/v1/parties', { body, params: { header: idempotencyKey() } }))
  made++
  const undo = () => void giveBackParty(party.id, party.version)
  tell(t('book.done', saidTogether(party.seats)), { action: { label: t('undo'), run: undo } })
  return party
}

/** Gives all seats back that still stand. */
export async function giveBackParty(party: string, version?: number): Promise<void> {
  try {
    const header = version ? ifMatch(version) : undefined
    const after = unwrap(await api.DELETE('/api/v1/parties/{party}', { params: { path: { party }, header } }))
    tell(t('bookings.cancelled', saidTogether(after.seats)))
  } catch (error) {
    tell(explain(error), { kind: 'failed' })
  }
  made++
}

/** Moves or extends all seats that still stand. */
export async function changeParty(party: string, startsAt: number | null, endsAt: number, override = false): Promise<void> {
  const body = { ...(startsAt !== null && { starts_at: wire(startsAt) }), ends_at: wire(endsAt), override }
  const after = unwrap(await api.PATCH('/api/v1/parties/{party}', { body, params: { path: { party } } }))
  made++
  tell(t('bookings.moved', saidTogether(after.seats.filter((seat) => seat.status === 'confirmed'))))
}

function saidTogether(seats: Booking[]): { station: string; span: string } {
  return { ...said(seats[0]!), station: seats.map((seat) => seat.station.code).sort().join(t('list.comma')) }
}

/** Cancels, or ends early what has started. */
export async function giveBack(booking: Booking, news: 'book.undone' | 'bookings.cancelled' | 'bookings.ended'): Promise<Booking | null> {
  try {
    const header = ifMatch(booking.version)
    const after = unwrap(await api.DELETE('/api/v1/bookings/{booking}', { params: { path: { booking: booking.id }, header } }))
    made++
    const again = news === 'bookings.cancelled' && { label: t('undo'), run: () => void retake(booking) }
    tell(t(news, said(booking)), { action: again || null, about: booking.id })
    return after
  } catch (error) {
    tell(explain(error), { kind: 'failed' })
    return null
  }
}

/** Takes back a cancellation, if nobody was quicker. */
async function retake({ station, starts_at, ends_at, purpose, programme, companions }: Booking): Promise<void> {
  try {
    await reserve({ station: station.id, startsAt: Date.parse(starts_at), endsAt: Date.parse(ends_at), purpose, programme, companions: companions?.map((one) => one.id) })
  } catch (error) {
    tell(explain(error), { kind: 'failed' })
  }
}

/** Does not come along any more. */
export async function leave(booking: Booking): Promise<void> {
  unwrap(await api.POST('/api/v1/bookings/{booking}/leave', { params: { path: { booking: booking.id } } }))
  made++
  tell(t('along.left', said(booking)), { about: booking.id })
}

interface Differently {
  override?: boolean
  station?: string
  /** Everybody who comes along from now on, by id or login. */
  companions?: string[]
}

export async function change(booking: Booking, startsAt: number, endsAt: number, { override = false, station, companions }: Differently = {}): Promise<Booking> {
  const before = (booking.companions ?? []).map((one) => one.id)
  const body = {
    ...(station && { station }),
    ...(startsAt !== Date.parse(booking.starts_at) && { starts_at: wire(startsAt) }),
    ends_at: wire(endsAt),
    ...(companions && companions.join() !== before.join() && { companions }),
    override,
  }
  const params = { path: { booking: booking.id }, header: ifMatch(booking.version) }
  const after = unwrap(await api.PATCH('/api/v1/bookings/{booking}', { body, params }))
  made++
  tell(t('bookings.moved', said(after)), { action: { label: t('undo'), run: () => void changeBack(booking, after) }, about: booking.id })
  return after
}

/** Takes back a change, if the old place is still free. */
async function changeBack(before: Booking, after: Booking): Promise<void> {
  try {
    await change(after, Date.parse(before.starts_at), Date.parse(before.ends_at), { station: before.station.id, companions: (before.companions ?? []).map((one) => one.id) })
  } catch (error) {
    tell(explain(error), { kind: 'failed' })
  }
}

/** The station and the time, for a sentence. */
export function said(booking: Booking): { station: string; span: string } {
  const zone = session.zone(booking.station.site.id)
  return { station: booking.station.code, span: dayAndSpan(Date.parse(booking.starts_at), Date.parse(booking.ends_at), zone, serverNow()) }
}
