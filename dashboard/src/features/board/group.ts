// Cards sorted into rooms and kinds, and the hours that their strips share.
import type { Card } from '../../api/shapes'
import { named } from '../../i18n/text.svelte'
import { STATES, type StationState } from '../../lib/state'
import { frameOf, type Span } from '../../lib/strip'
import { dayOf } from './day'

export interface Group {
  id: string
  code: string
  name: string
  cards: Card[]
}

/** In the order of their first card. */
export function group(cards: Card[], by: 'room' | 'kind'): Group[] {
  const groups = new Map<string, Group>()
  for (const card of cards) {
    const { id, code, name } = card.station[by]
    const found = groups.get(id)
    if (found) found.cards.push(card)
    else groups.set(id, { id, code, name: named(name), cards: [card] })
  }
  return [...groups.values()]
}

/** One frame for all cards of a room, so that their hours stand under each other; by the room's id. */
export function sharedFrames(cards: Card[]): Map<string, Span> {
  return new Map(group(cards, 'room').map(({ id, cards: same }) => [id, frameOf(same.map(dayOf), dayOf(same[0]!).whole)]))
}

export function countStates(cards: Card[]): Record<StationState, number> {
  const sums = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<StationState, number>
  for (const card of cards) sums[card.state]++
  return sums
}
