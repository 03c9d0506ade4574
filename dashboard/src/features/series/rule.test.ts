import { describe, expect, it } from 'vitest'
import { fieldsOf, ruleOf, weekdayOf, type Fields } from './rule'

const fields: Fields = { repeat: 'weekly', every: 1, days: ['WE', 'MO'], weeks: 'all', ranges: '', end: 'count', count: 10, until: '2026-12-31', first: '2026-11-23' }

describe('the rule of the fields', () => {
  it.each<[Partial<Fields>, string]>([
    [{}, 'FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10'],
    [{ every: 2, end: 'until' }, 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261231'],
    [{ weeks: 'odd', every: 2, end: 'term' }, 'FREQ=WEEKLY;BYDAY=MO,WE;X-LABTIDE-WEEKS=ODD'],
    [{ weeks: 'ranges', ranges: '1-8， 10', end: 'term' }, 'FREQ=WEEKLY;BYDAY=MO,WE;X-LABTIDE-TEACHING-WEEKS=1-8,10'],
    [{ repeat: 'once', end: 'until' }, 'FREQ=DAILY;COUNT=1'],
    [{ repeat: 'daily', every: 3, weeks: 'odd' }, 'FREQ=DAILY;INTERVAL=3;COUNT=10'],
    [{ repeat: 'month_day' }, 'FREQ=MONTHLY;BYMONTHDAY=23;COUNT=10'],
    [{ repeat: 'month_weekday' }, 'FREQ=MONTHLY;BYDAY=4MO;COUNT=10'],
  ])('%o is %s', (change, rule) => expect(ruleOf({ ...fields, ...change })).toBe(rule))

  it('knows weekdays whatever the zone of the browser', () => {
    expect(weekdayOf('2026-11-23')).toBe('MO')
    expect(weekdayOf('2026-11-29')).toBe('SU')
  })

  it.each(['FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;UNTIL=20261231', 'FREQ=WEEKLY;BYDAY=TU;X-LABTIDE-WEEKS=ODD', 'FREQ=DAILY;INTERVAL=3', 'FREQ=MONTHLY;BYMONTHDAY=23;COUNT=4', 'FREQ=MONTHLY;BYDAY=4MO'])(
    '%s is read back into the fields that say it',
    (rule) => expect(ruleOf(fieldsOf(rule, '2026-11-23')!)).toBe(rule),
  )
  it('is not read into fields that would say something else', () => {
    for (const rule of ['FREQ=WEEKLY;BYDAY=TU;X-LABTIDE-WEEKS=ODD;X-LABTIDE-TEACHING-WEEKS=1-16', 'FREQ=MONTHLY;BYMONTHDAY=-1', 'FREQ=MONTHLY;BYDAY=-1FR', 'FREQ=MONTHLY;BYMONTHDAY=1,15'])
      expect(fieldsOf(rule, '2026-11-23'), rule).toBeNull()
  })
  it('means the weekday of its first day where it names none', () => {
    expect(fieldsOf('FREQ=WEEKLY;COUNT=3', '2026-11-24')?.days).toEqual(['TU'])
  })
})
