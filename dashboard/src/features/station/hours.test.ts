import { describe, expect, it } from 'vitest'
import { clock } from '../../i18n/format'
import { openOn } from './hours'

const zone = 'Asia/Shanghai'
const room = { id: 'r1', code: 'B203' }
const rules = {
  time_zone: zone,
  hours: [
    { weekday: 1, opens: '08:00', closes: '12:00' },
    { weekday: 1, opens: '13:30', closes: '24:00' },
    { room: 'C101', weekday: 1, opens: '10:00', closes: '16:00', valid_until: '2026-11-30' },
  ],
  exceptions: [{ day: '2026-12-07', reason: 'sports day' }, { room: 'r1', day: '2026-12-14', opens: '09:00', closes: '10:00' }],
}
const said = (day: string, where = room) => openOn(rules, where, day).map(({ from, to }) => `${clock(from, zone)}-${clock(to, zone)}`)

describe('the hours of a room', () => {
  it('are those of its site', () => expect(said('2026-11-23')).toEqual(['08:00-12:00', '13:30-00:00']))
  it('are none on a day without a rule', () => expect(said('2026-11-24')).toEqual([]))
  it('are its own while they hold, and the site’s after', () => {
    const other = { id: 'r2', code: 'C101' }
    expect(said('2026-11-23', other)).toEqual(['10:00-16:00'])
    expect(said('2026-11-24', other)).toEqual([])
    expect(said('2026-12-21', other)).toEqual(['08:00-12:00', '13:30-00:00'])
  })
  it('give way to exceptions, closed or other', () => {
    expect(said('2026-12-07')).toEqual([])
    expect(said('2026-12-14')).toEqual(['09:00-10:00'])
  })
  it('are all day where nobody said anything', () => {
    expect(openOn({ time_zone: zone, hours: [], exceptions: [] }, room, '2026-11-23')).toHaveLength(1)
  })
})
