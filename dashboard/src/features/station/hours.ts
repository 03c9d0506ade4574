// When a room is open on a day: the same rule as the server's. The narrowest scope that
// says anything wins, a day's exception goes before the week, and no rule at all is open.
import type { OpeningHours } from '../../api/shapes'
import type { Span } from '../../lib/strip'
import { addDays, instantOf } from '../../lib/zone'

interface Room {
  id: string
  code: string
}
type Clocks = { opens?: string; closes?: string }

export function openOn(rules: OpeningHours, room: Room, day: string): Span[] {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay() || 7
  const scopes = [(ref?: string) => ref === room.id || ref === room.code, (ref?: string) => !ref]
  for (const inScope of scopes) {
    const special = rules.exceptions.filter((rule) => inScope(rule.room) && rule.day === day)
    if (special.length) return spans(special, day, rules.time_zone)
    const weekly = rules.hours.filter((rule) => inScope(rule.room) && (!rule.valid_from || day >= rule.valid_from) && (!rule.valid_until || day <= rule.valid_until))
    if (weekly.length) return spans(weekly.filter((rule) => rule.weekday === weekday), day, rules.time_zone)
  }
  return rules.hours.length ? [] : spans([{ opens: '00:00', closes: '24:00' }], day, rules.time_zone)
}

function spans(clocks: Clocks[], day: string, zone: string): Span[] {
  const at = (clock: string) => (clock === '24:00' ? instantOf(addDays(day, 1), '00:00', zone) : instantOf(day, clock, zone))
  return clocks
    .filter((rule) => rule.opens && rule.closes)
    .map((rule) => ({ from: at(rule.opens!), to: at(rule.closes!) }))
    .sort((a, b) => a.from - b.from)
}
