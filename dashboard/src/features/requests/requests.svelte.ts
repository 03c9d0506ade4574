// How many bookings wait for me to approve them: a number in the menu, looked up once a minute.
import { api, unwrap } from '../../api/client'
import { Problem } from '../../api/problem'
import { session } from '../../api/session.svelte'
import { changesMade } from '../booking/act.svelte'
import { ticking } from '../../lib/clock.svelte'

let open = $state(0)

export function openRequests(): number {
  return open
}

/** Keeps the number current. Must be called while a component is made. */
export function watchRequests(): void {
  const minute = $derived(Math.floor(ticking() / 60_000))
  $effect(() => {
    void minute
    void changesMade()
    if (!session.may('approve')) {
      open = 0
      return
    }
    const running = new AbortController()
    count(running.signal).then(
      (n) => (open = n),
      () => {}, // the page itself says what is wrong
    )
    return () => running.abort()
  })
}

async function count(signal: AbortSignal): Promise<number> {
  const answer = await api.GET('/api/v1/requests', { signal })
  if (!answer.response.ok) throw Problem.of(answer.error, answer.response.status)
  return unwrap(answer).items.length
}
