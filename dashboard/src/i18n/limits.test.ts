import { beforeEach, describe, expect, it } from 'vitest'
import { GROUPS, hoursInWords, limitName, limitValue, quotaInWords } from './limits'
import { known, useLanguage, withWords, type Language } from './text.svelte'

const say = async (language: Language) => {
  await withWords(Promise.resolve())
  await useLanguage(language)
}

describe.each(['en', 'zh'] as const)('every limit in %s', (language) => {
  beforeEach(() => say(language))
  it.each(GROUPS.flatMap((group) => group.limits.map((limit) => limit.name)))('%s has a name and a line that explains it', (name) => {
    expect(limitName(name)).not.toBe(name)
    expect(known('limit.why', name)).not.toBeNull()
  })
})

describe('a rule in words', () => {
  const evenings = [{ weekdays: [1, 2, 3, 4, 5], from: '18:00', until: '22:00' }]
  it('says its value as people do', async () => {
    await say('en')
    expect(limitValue('cancel_notice_minutes', 2880)).toBe('2 days')
    expect(limitValue('longest_minutes', 90)).toBe('1 h 30 min')
    expect(limitValue('strike_limit', 0)).toBe('never')
    expect(limitValue('approval', 'admin')).toBe('an administrator')
    expect(hoursInWords(evenings)).toBe('Mon–Fri 18:00–22:00')
  })
  it('says a quota in one sentence, in both languages', async () => {
    await say('en')
    expect(quotaInWords({ per: 'person', window: 'week', most_minutes: 480, hours: evenings })).toBe('8 h per person in each week, counted Mon–Fri 18:00–22:00')
    expect(quotaInWords({ per: 'team', window: 'day', most_bookings: 1 })).toBe('1 booking per team in each day')
    await say('zh')
    expect(quotaInWords({ per: 'person', window: 'week', most_minutes: 480 })).toMatch(/8 小时/)
  })
})
