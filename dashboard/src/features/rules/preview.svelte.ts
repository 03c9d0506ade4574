// What a change would mean, asked anew while somebody is still choosing.
import { api, unwrap } from '../../api/client'
import { explain } from '../../api/problem'
import type { Preview, PreviewRequest } from './places'

export interface Previewed {
  readonly value: Preview | null
  readonly busy: boolean
  readonly wrong: string
}

/** How long nothing more is changed before the server is asked. */
const PAUSE = 500

/** Must be called while a component is made; null: there is nothing to ask. */
export function previewOf(body: () => PreviewRequest | null): Previewed {
  let value = $state.raw<Preview | null>(null)
  let busy = $state(false)
  let wrong = $state('')
  const asked = $derived(JSON.stringify(body()))

  $effect(() => {
    const request = JSON.parse(asked) as PreviewRequest | null
    value = null
    wrong = ''
    busy = !!request
    if (!request) return
    const running = new AbortController()
    const ask = async () => {
      try {
        const got = unwrap(await api.POST('/api/v1/policies/preview', { body: request, signal: running.signal }))
        if (!running.signal.aborted) value = got
      } catch (error) {
        if (!running.signal.aborted) wrong = explain(error)
      } finally {
        if (!running.signal.aborted) busy = false
      }
    }
    const timer = setTimeout(() => void ask(), PAUSE)
    return () => {
      clearTimeout(timer)
      running.abort()
    }
  })
  return {
    get value() {
      return value
    },
    get busy() {
      return busy
    },
    get wrong() {
      return wrong
    },
  }
}
