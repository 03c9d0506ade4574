import { beforeEach, describe, expect, it } from 'vitest'
import type { SeriesOccurrence } from '../../api/shapes'
import { useLanguage, withWords } from '../../i18n/text.svelte'
import { changed, dayOf, following, grouped, ruleInWords, told } from './words'

const zone = 'Asia/Shanghai'
const says = (rule: string, first = '2026-11-24') => ruleInWords({ rule, first, starts: '10:00', ends: '11:30' })

describe('a rule in English', () => {
  beforeEach(async () => {
    await withWords(Promise.resolve())
    await useLanguage('en')
  })
  it.each([
    ['FREQ=WEEKLY;BYDAY=TU;UNTIL=20270112', 'every Tuesday, 10:00–11:30, until 12 Jan 2027'],
    ['FREQ=WEEKLY;COUNT=3', 'every Tuesday, 10:00–11:30, 3 times'],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE', 'Monday and Wednesday of every 2 weeks, 10:00–11:30, until the end of the term'],
    ['FREQ=WEEKLY;BYDAY=TU;X-LABTIDE-WEEKS=ODD', 'Tuesday of odd teaching weeks, 10:00–11:30, until the end of the term'],
    ['FREQ=WEEKLY;BYDAY=TU;X-LABTIDE-WEEKS=EVEN;X-LABTIDE-TEACHING-WEEKS=1-8,10', 'Tuesday of teaching weeks 1-8,10, even ones, 10:00–11:30, until the end of the term'],
    ['FREQ=DAILY;INTERVAL=3;COUNT=5', 'every 3 days, 10:00–11:30, 5 times'],
    ['FREQ=DAILY;COUNT=1', 'once, on 24 Nov 2026, 10:00–11:30'],
    ['FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=5', 'day 1 and 15 of every month, 10:00–11:30, 5 times'],
    ['FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5', 'the last day of every month, 10:00–11:30, 5 times'],
    ['FREQ=MONTHLY;BYDAY=2TU;COUNT=5', 'the second Tuesday of every month, 10:00–11:30, 5 times'],
    ['FREQ=MONTHLY;BYDAY=-1FR;COUNT=5', 'the last Friday of every month, 10:00–11:30, 5 times'],
  ])('%s', (rule, said) => expect(says(rule)).toBe(said))

  it('is nothing where a calendar brought the series in', () => expect(ruleInWords({})).toBe(''))
})

describe('a rule in Chinese', () => {
  beforeEach(async () => {
    await withWords(Promise.resolve())
    await useLanguage('zh')
  })
  it.each([
    ['FREQ=WEEKLY;BYDAY=TU;UNTIL=20270112', '每周二 10:00–11:30，至 2027年1月12日'],
    ['FREQ=WEEKLY;BYDAY=MO,WE;X-LABTIDE-WEEKS=ODD', '单周周一和周三 10:00–11:30，到学期末'],
    ['FREQ=WEEKLY;BYDAY=TU;X-LABTIDE-TEACHING-WEEKS=1-16', '第 1-16 教学周的周二 10:00–11:30，到学期末'],
    ['FREQ=MONTHLY;BYDAY=2TU;COUNT=5', '每月第二个周二 10:00–11:30，共 5 次'],
  ])('%s', (rule, said) => expect(says(rule)).toBe(said))
})

describe('the occurrences of a series', () => {
  const at = (day: number, hour: number) => new Date(Date.UTC(2026, 11, day, hour)).toISOString()
  const one = (day: number, changes: Partial<SeriesOccurrence> = {}): SeriesOccurrence => ({
    planned_at: at(day, 2), starts_at: at(day, 2), ends_at: at(day, 4), outcome: 'booked', bookings: [{ id: `b${day}`, station: { id: 's' } as SeriesOccurrence['bookings'][0]['station'] }], ...changes,
  })
  const all = [one(1), one(8), one(15, { starts_at: at(16, 2), ends_at: at(16, 4) }), one(22, { outcome: 'cancelled' }), one(29)]
  const now = Date.parse(at(8, 3))

  it('are to come as long as they have not ended; the others are over', () => {
    const { ahead, past, exceptions } = told(all, now)
    expect([ahead.length, past]).toEqual([3, 1])
    expect(exceptions.map((e) => e.planned_at)).toEqual([at(15, 2), at(22, 2)])
  })
  it('are known by the day that the rule gave, wherever they are now', () => {
    expect(dayOf(all, 'b15', zone)).toBe('2026-12-15')
    expect(dayOf(all, 'elsewhere', zone)).toBeNull()
  })
  it('are changed from a day on, but for what runs and what is cancelled', () => {
    expect(following(all, null, zone, now).map((o) => o.bookings[0]!.id)).toEqual(['b15', 'b29'])
    expect(following(all, '2026-12-16', zone, now).map((o) => o.bookings[0]!.id)).toEqual(['b29'])
  })
  it('are one line where the same became of several stations', () => {
    const seat = (id: string) => ({ id, station: { id } as SeriesOccurrence['bookings'][0]['station'] })
    const plan = [one(1, { outcome: 'moved', bookings: [seat('a')] }), one(1, { outcome: 'moved', bookings: [seat('b')] }), one(1, { outcome: 'kept', reason: 'conflict' }), one(8, { outcome: 'cancelled' })]
    expect(grouped(plan).map((o) => [o.outcome, o.bookings.length])).toEqual([['moved', 2], ['kept', 1], ['cancelled', 1]])
    expect(changed(plan)).toBe(2)
  })
})
