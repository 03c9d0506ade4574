import { describe, expect, it } from 'vitest'
import type { Booking } from '../../api/shapes'
import { together } from './group'

const seat = (id: string, code: string, party?: string, starts_at = '10:00') => ({ id, station: { code }, party, starts_at, ends_at: '12:00' }) as Booking

describe('bookings', () => {
  it('are grouped by party, in the order in which they come, with stations as people count', () => {
    const groups = together([seat('1', 'PLC-10', 'a'), seat('2', 'CNC-1'), seat('3', 'PLC-2', 'a'), seat('4', 'PLC-3', 'b')])
    expect(groups.map((group) => group.map((one) => one.id).join())).toEqual(['3,1', '2', '4'])
  })

  it('of a party that is no longer at the same time stand apart', () => {
    expect(together([seat('1', 'A', 'a'), seat('2', 'B', 'a', '11:00')])).toHaveLength(2)
  })
})
