// Something that is fetched again whenever what it depends on changes. The old value
// stays visible until the new one is there; an answer that comes too late is dropped.

export interface Loaded<T> {
  readonly value: T | undefined
  readonly error: unknown
  readonly busy: boolean
  reload(): void
  /** Puts a newer value in place, as after a write whose answer carries it. */
  set(value: T): void
}

/** Must be called while a component is made. What fetcher reads before its first await is what it depends on. */
export function loaded<T>(fetcher: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  let value = $state.raw<T | undefined>(undefined)
  let error = $state.raw<unknown>(null)
  let busy = $state(true)
  let round = $state(0)

  $effect(() => {
    void round
    const running = new AbortController()
    busy = true
    fetcher(running.signal).then(
      (got) => {
        if (running.signal.aborted) return
        value = got
        error = null
        busy = false
      },
      (failure: unknown) => {
        if (running.signal.aborted) return
        error = failure
        busy = false
      },
    )
    return () => running.abort()
  })

  return {
    get value() {
      return value
    },
    get error() {
      return error
    },
    get busy() {
      return busy
    },
    reload: () => void round++,
    set: (newer) => void (value = newer),
  }
}
