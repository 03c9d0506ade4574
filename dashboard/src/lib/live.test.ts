import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Live, Refused, type Source, type Viewer } from './live'

/** A server whose streams the test holds in its hands. */
class FakeServer implements Source<string> {
  id = 'a-10'
  snapshots = 0
  opened: string[] = []
  streams: { controller: ReadableStreamDefaultController<Uint8Array>; closed: boolean }[] = []
  fails: Error | null = null

  async snapshot() {
    this.snapshots++
    if (this.fails) throw this.fails
    return { id: this.id, picture: `picture ${this.id}` }
  }

  async open(after: string, signal: AbortSignal) {
    this.opened.push(after)
    if (this.fails) throw this.fails
    const stream = { controller: null as unknown as ReadableStreamDefaultController<Uint8Array>, closed: false }
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream.controller = controller) })
    signal.addEventListener('abort', () => {
      stream.closed = true
      stream.controller.error(new DOMException('aborted', 'AbortError'))
    })
    this.streams.push(stream)
    return { body } as unknown as Response
  }

  send(text: string) {
    this.streams.at(-1)!.controller.enqueue(new TextEncoder().encode(text))
  }
}

let hidden = false
let server: FakeServer
let seen: string[]
let stop: () => void
let live: Live<string>

const viewer: Viewer<string> = {
  replace: (picture) => seen.push(picture),
  change: (events) => seen.push(events.map((e) => e.id).join(' ')),
  liveness: (now) => seen.at(-1) !== now && seen.push(now),
  refused: () => seen.push('refused'),
}
const settle = (time = 20) => vi.advanceTimersByTimeAsync(time)

function hide(now: boolean) {
  hidden = now
  document.dispatchEvent(new Event('visibilitychange'))
}

beforeEach(async () => {
  vi.useFakeTimers()
  hidden = false
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
  server = new FakeServer()
  seen = []
  live = new Live(server, viewer)
  stop = live.start()
  await settle()
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

describe('live', () => {
  it('takes a snapshot, then goes on from it', () => {
    expect(seen).toEqual(['connecting', 'picture a-10', 'live'])
    expect(server.opened).toEqual(['a-10'])
  })

  it('gives all changes of a frame at once, in order, and none twice', async () => {
    server.send('id: a-10\ndata: {}\n\nid: a-11\ndata: {}\n\nid: a-12\ndata: {}\n\n')
    await settle(0)
    expect(seen).toHaveLength(3)
    await settle()
    expect(seen.slice(3)).toEqual(['a-11 a-12'])
  })

  it('mends a gap by a new snapshot', async () => {
    server.id = 'a-14'
    server.send('id: a-13\ndata: {}\n\n')
    await settle()
    expect(seen.slice(3)).toContain('picture a-14')
    expect(server.opened).toEqual(['a-10', 'a-14'])
    expect(seen.join(' ')).not.toContain('a-13')
  })

  it('mends another epoch, and a reset, by a new snapshot', async () => {
    server.send('id: b-11\ndata: {}\n\n')
    await settle()
    expect(server.snapshots).toBe(2)
    server.send('event: reset\ndata: {}\n\n')
    await settle()
    expect(server.snapshots).toBe(3)
  })

  it('silence shows as stale within 30 s; heartbeats keep it live', async () => {
    for (let i = 0; i < 4; i++) {
      await settle(15_000)
      server.send(': \n\n')
      await settle()
    }
    expect(seen.at(-1)).toBe('live')
    await settle(29_000)
    expect(seen).toContain('stale')
  })

  it('after a cut it goes on after the last event it has', async () => {
    server.send('id: a-11\ndata: {}\n\n')
    await settle()
    server.streams[0]!.controller.close()
    await settle(5_000)
    expect(server.opened).toEqual(['a-10', 'a-11'])
    expect(server.snapshots).toBe(1)
    expect(seen.at(-1)).toBe('live')
  })

  it('a hidden tab holds no stream, and goes on where it was', async () => {
    hide(true)
    await settle()
    expect(server.streams[0]!.closed).toBe(true)
    await settle(600_000)
    expect(server.opened).toHaveLength(1)
    hide(false)
    await settle()
    expect(server.opened).toEqual(['a-10', 'a-10'])
  })

  it('tries again while the server is away, at once when the network is back', async () => {
    server.fails = new Error('no route')
    server.streams[0]!.controller.close()
    await settle(60_000)
    const tries = server.opened.length
    expect(tries).toBeGreaterThan(4)
    expect(tries).toBeLessThan(12)
    server.fails = null
    dispatchEvent(new Event('online'))
    await settle()
    expect(seen.at(-1)).toBe('live')
  })

  it('without a network no stream is trusted', async () => {
    server.fails = new Error('no route')
    dispatchEvent(new Event('offline'))
    await settle()
    expect(server.streams[0]!.closed).toBe(true)
    expect(seen.at(-1)).toBe('stale')
    server.fails = null
    dispatchEvent(new Event('online'))
    await settle()
    expect(seen.at(-1)).toBe('live')
  })

  it('says so when the server refuses, and stops', async () => {
    server.fails = new Refused()
    server.streams[0]!.controller.close()
    await settle(5_000)
    const tries = server.opened.length
    expect(seen.at(-1)).toBe('refused')
    await settle(60_000)
    expect(server.opened).toHaveLength(tries)
  })

  it('refresh takes a new snapshot now', async () => {
    server.id = 'a-20'
    live.refresh()
    await settle()
    expect(seen).toContain('picture a-20')
  })
})
