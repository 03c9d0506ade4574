// Waiting for what others have, and answering offers, with the news about it.
import { api, idempotencyKey, unwrap } from '../../api/client'
import { explain } from '../../api/problem'
import type { Booking, NewWait, Wait } from '../../api/shapes'
import { t } from '../../i18n/text.svelte'
import { tell } from '../../ui/toasts.svelte'
import { changeMade, said } from './act.svelte'

/** Gets a place in line. Throws a Problem when it is refused, as when something that would do is free. */
export async function join(wish: NewWait): Promise<Wait> {
  const wait = unwrap(await api.POST('/api/v1/waits', { body: wish, params: { header: idempotencyKey() } }))
  changeMade()
  tell(t('wait.joined', { n: wait.place ?? 1 }))
  return wait
}

async function answer(what: () => Promise<unknown>): Promise<void> {
  try {
    await what()
  } catch (error) {
    tell(explain(error), { kind: 'failed' })
  }
  changeMade()
}

export function withdraw(wait: Wait): Promise<void> {
  return answer(async () => {
    unwrap(await api.DELETE('/api/v1/waits/{wait}', { params: { path: { wait: wait.id } } }))
    tell(t('wait.withdrawn'))
  })
}

export function accept(offer: Booking): Promise<void> {
  return answer(async () => {
    const booking = unwrap(await api.POST('/api/v1/offers/{booking}/accept', { params: { path: { booking: offer.id } } }))
    tell(t(booking.status === 'requested' ? 'book.requested' : 'book.done', said(booking)))
  })
}

export function decline(offer: Booking): Promise<void> {
  return answer(async () => {
    unwrap(await api.POST('/api/v1/offers/{booking}/decline', { params: { path: { booking: offer.id } } }))
    tell(t('offer.declined'))
  })
}
