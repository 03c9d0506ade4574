// The live board: all cards, as the server has them now.
import { api, unwrap } from '../../api/client'
import { Problem } from '../../api/problem'
import { forgetSession } from '../../api/session.svelte'
import type { Card } from '../../api/shapes'
import { serverNow, setServerTime } from '../../lib/clock.svelte'
import { Live, Refused, type Liveness } from '../../lib/live'
import type { StreamEvent } from '../../lib/sse'

export class Board {
  /** Null until the first picture is there. */
  cards = $state.raw<Card[] | null>(null)
  liveness = $state<Liveness>('connecting')
  /** When the server was last heard. */
  heardAt = $state(serverNow())
  #live: Live<Card[]>

  constructor() {
    this.#live = new Live({ snapshot: (signal) => this.#snapshot(signal), open }, {
      replace: (cards) => void (this.cards = cards),
      change: (events) => this.#change(events),
      liveness: (now) => {
        this.liveness = now
        if (now === 'live') this.heardAt = serverNow()
      },
      refused: forgetSession,
    })
  }

  /** Starts, and gives what ends it: made for $effect. */
  start(): () => void {
    return this.#live.start()
  }

  async #snapshot(signal: AbortSignal) {
    try {
      const board = unwrap(await api.GET('/api/v1/board', { signal }))
      setServerTime(Date.parse(board.at))
      return { id: board.seq, picture: board.stations }
    } catch (error) {
      throw error instanceof Problem && error.status === 401 ? new Refused() : error
    }
  }

  #change(events: StreamEvent[]): void {
    const changed = new Map<string, Card>()
    for (const { event, data } of events) {
      if (event !== 'station') continue
      const card = JSON.parse(data) as Card
      changed.set(card.station.id, card)
    }
    this.cards = (this.cards ?? []).map((card) => changed.get(card.station.id) ?? card)
  }
}

async function open(after: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(`/api/v1/events?after=${encodeURIComponent(after)}`, { signal, cache: 'no-store' })
  if (response.status === 401) throw new Refused()
  if (!response.ok) throw new Error(`events: ${response.status}`)
  return response
}
