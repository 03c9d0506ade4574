import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clock, dayAndSpan, dayRange, hours, known, longDay, minutes, percent, shortDay, span, weekday } from './format'
import { useLanguage } from './text.svelte'

const zone = 'Asia/Shanghai'
const at = (text: string) => Date.parse(text)

describe.each(['en', 'zh'] as const)('%s', (language) => {
  beforeEach(() => useLanguage(language))
  afterEach(() => useLanguage('en'))
  const say = (en: string, zh: string) => (language === 'en' ? en : zh)

  it('writes lengths', () => {
    expect([0, 45, 60, 114].map(minutes)).toEqual(say('0 min,45 min,1 h,1 h 54 min', '0 分钟,45 分钟,1 小时,1 小时 54 分').split(','))
    expect(hours(72_240)).toBe(say('1,204 h', '1,204 小时'))
    expect(hours(90)).toBe(say('1.5 h', '1.5 小时'))
  })
  it('writes shares, and a dash for a share of nothing', () => {
    expect([percent(0.3149), percent(0.3149, 1), percent(null)]).toEqual([say('31 %', '31%'), say('31.5 %', '31.5%'), '–'])
  })
  it('never says that all is known when it is not', () => {
    expect([known(0.997), known(1), known(null)]).toEqual([say('99 %', '99%'), say('100 %', '100%'), '–'])
  })
  it('writes days and ranges of days', () => {
    expect(shortDay(at('2026-11-23T05:36:00Z'), zone)).toBe(say('Mon 23 Nov', '11月23日周一'))
    expect(longDay(at('2026-11-22T16:00:00Z'), zone)).toBe(say('Monday 23 November', '11月23日星期一'))
    expect(dayRange('2026-11-01', '2026-11-30')).toBe(say('1–30 November 2026', '2026年11月1日至11月30日'))
    expect(dayRange('2026-11-01', '2026-11-01')).toBe(say('1 November 2026', '2026年11月1日'))
    expect([1, 7].map(weekday)).toEqual(say('Mon,Sun', '周一,周日').split(','))
  })
  it('writes clocks of the site, not of the browser', () => {
    expect(clock(at('2026-11-23T05:36:00Z'), zone)).toBe('13:36')
    expect(span(at('2026-11-23T12:00:00Z'), at('2026-11-23T16:00:00Z'), zone)).toBe('20:00–24:00')
  })
  it('names the day only when it is another', () => {
    const [from, to] = [at('2026-11-23T06:00:00Z'), at('2026-11-23T08:00:00Z')]
    expect(dayAndSpan(from, to, zone, at('2026-11-23T01:00:00Z'))).toBe('14:00–16:00')
    expect(dayAndSpan(from, to, zone, at('2026-11-22T01:00:00Z'))).toBe(say('Mon 23 Nov 14:00–16:00', '11月23日周一 14:00–16:00'))
  })
})
