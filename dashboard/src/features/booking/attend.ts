// Being there: checking in, and answering "still working?".
import { api, unwrap } from '../../api/client'
import { explain } from '../../api/problem'
import { t } from '../../i18n/text.svelte'
import { tell } from '../../ui/toasts.svelte'
import { changeMade } from './act.svelte'

/** How long before the start one may check in. */
export const EARLY = 15 * 60_000

async function attempt(what: () => Promise<unknown>, news: string): Promise<boolean> {
  try {
    await what()
    changeMade()
    tell(news)
    return true
  } catch (error) {
    tell(explain(error), { kind: 'failed' })
    return false
  }
}

/** Checks in by the key from the code on the station. */
export function checkIn(booking: string, key: string): Promise<boolean> {
  const request = { params: { path: { booking } }, body: { how: 'qr' as const, key } }
  return attempt(async () => unwrap(await api.POST('/api/v1/bookings/{booking}/check-in', request)), t('attend.done'))
}

/** Says for somebody else that they came. */
export function sayCame(booking: string): Promise<boolean> {
  const request = { params: { path: { booking } }, body: { how: 'instructor' as const } }
  return attempt(async () => unwrap(await api.POST('/api/v1/bookings/{booking}/check-in', request)), t('attend.said'))
}

/** "Still working." */
export function keep(booking: string): Promise<boolean> {
  return attempt(async () => unwrap(await api.POST('/api/v1/bookings/{booking}/keep', { params: { path: { booking } } })), t('attend.kept'))
}
