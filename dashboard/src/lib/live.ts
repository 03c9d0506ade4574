// Keeps a picture of something that the server changes: one snapshot with a
// sequence number, then the changes after it. Whatever was missed (a gap, a server
// that forgot, a tab that slept) is mended by a new snapshot, never by guessing.
import { EventParser, type StreamEvent } from './sse'

export type Liveness = 'connecting' | 'live' | 'stale'

export interface Source<S> {
  /** The whole picture, and the id of the last event that is in it: "<epoch>-<sequence>". */
  snapshot(signal: AbortSignal): Promise<{ id: string; picture: S }>
  /** The stream of what came after that event. */
  open(after: string, signal: AbortSignal): Promise<Response>
}

export interface Viewer<S> {
  replace(picture: S): void
  /** All changes of one animation frame, oldest first. */
  change(events: StreamEvent[]): void
  liveness(now: Liveness, heardAt: number): void
  /** The server no longer knows who we are. Nothing is tried again until start. */
  refused(): void
}

/** The server breathes every 15 s: one missed breath and some grace. */
const SILENCE = 22_000
const RETRY = { first: 1_000, most: 15_000 }

export class Refused extends Error {}
class Gap extends Error {}

export class Live<S> {
  #source: Source<S>
  #viewer: Viewer<S>
  /** The last event that the picture holds; null asks for a new picture. */
  #last: string | null = null
  #heardAt = 0
  #waiting: StreamEvent[] = []
  #frame = 0
  #wake: () => void = () => {}
  #cut: () => void = () => {}

  constructor(source: Source<S>, viewer: Viewer<S>) {
    this.#source = source
    this.#viewer = viewer
  }

  /** Starts, and gives what ends it. */
  start(): () => void {
    const running = new AbortController()
    const options = { signal: running.signal }
    document.addEventListener('visibilitychange', () => this.#wake(), options)
    addEventListener('online', () => this.#wake(), options)
    // A stream may outlive the network for a while without telling.
    addEventListener('offline', () => (this.#tell('stale'), this.#cut()), options)
    void this.#run(running.signal)
    return () => {
      running.abort()
      this.#drop()
      this.#last = null
    }
  }

  /** Takes a new snapshot now, as after a change that one made oneself. */
  refresh(): void {
    this.#last = null
    this.#wake()
  }

  async #run(stopped: AbortSignal): Promise<void> {
    let failures = 0
    this.#tell('connecting')
    while (!stopped.aborted) {
      if (document.hidden) {
        await this.#sleep(null, stopped)
        continue
      }
      try {
        await this.#follow(stopped, () => (failures = 0))
      } catch (error) {
        if (stopped.aborted) return
        if (error instanceof Refused) return this.#viewer.refused()
        if (error instanceof Gap) {
          this.#last = null
          continue
        }
        this.#tell('stale')
        const wait = Math.min(RETRY.most, RETRY.first * 2 ** failures++)
        await this.#sleep(wait * (0.5 + Math.random() / 2), stopped)
      }
    }
  }

  /** One connection, until it ends for whatever reason. */
  async #follow(stopped: AbortSignal, succeeded: () => void): Promise<void> {
    const connection = new AbortController()
    const end = () => connection.abort()
    stopped.addEventListener('abort', end)
    this.#wake = () => {
      // A hidden tab gives its connection back: a browser has only six for a host.
      if (document.hidden || this.#last === null) end()
    }
    this.#cut = end
    const guard = setInterval(() => {
      if (Date.now() - this.#heardAt < SILENCE) return
      this.#tell('stale')
      end()
    }, 1_000)
    try {
      this.#heardAt = Date.now()
      if (this.#last === null) {
        const { id, picture } = await this.#source.snapshot(connection.signal)
        this.#drop()
        this.#last = id
        this.#viewer.replace(picture)
      }
      const response = await this.#source.open(this.#last, connection.signal)
      this.#hear()
      succeeded()
      await this.#read(response.body!.getReader())
    } catch (error) {
      // Our own doing (hidden, silent, refreshed) is not a failure: go on at once.
      if (!connection.signal.aborted || stopped.aborted) throw error
    } finally {
      end()
      clearInterval(guard)
      stopped.removeEventListener('abort', end)
      this.#wake = this.#cut = () => {}
    }
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const parser = new EventParser()
    const decoder = new TextDecoder()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new Error('the stream ended')
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        this.#hear()
        if (event) this.#take(event)
      }
    }
  }

  #take(event: StreamEvent): void {
    if (event.event === 'reset') throw new Gap()
    const step = this.#last === null ? NaN : distance(this.#last, event.id)
    if (step <= 0) return
    if (step !== 1) throw new Gap()
    this.#last = event.id
    this.#waiting.push(event)
    this.#frame ||= requestAnimationFrame(() => this.#flush())
  }

  #flush(): void {
    const events = this.#waiting
    this.#drop()
    this.#viewer.change(events)
  }

  #drop(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#waiting = []
  }

  #hear(): void {
    this.#heardAt = Date.now()
    this.#tell('live')
  }

  #tell(now: Liveness): void {
    this.#viewer.liveness(now, this.#heardAt)
  }

  /** Until the time is over or something happens that makes trying worth it. */
  #sleep(time: number | null, stopped: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = time === null ? undefined : setTimeout(resolve, time)
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#wake = done
      stopped.addEventListener('abort', done, { once: true })
    })
  }
}

/** How many events lie between two ids; NaN when they are not of one epoch. */
function distance(from: string, to: string): number {
  const [a, b] = [from, to].map((id) => id.match(/^(.*)-(\d+)$/)) as [RegExpMatchArray | null, RegExpMatchArray | null]
  if (!a || !b || a[1] !== b[1]) return NaN
  return Number(b[2]) - Number(a[2])
}
