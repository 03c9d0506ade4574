import { beforeEach, describe, expect, it } from 'vitest'
import { useLanguage } from '../i18n/text.svelte'
import { explain, Problem } from './problem'

describe('what went wrong', () => {
  beforeEach(() => useLanguage('zh'))

  it('is said in the person’s language, by the code', () => {
    expect(explain(Problem.of({ code: 'device_disabled', detail: 'the device is disabled; enable it first' }, 422))).toBe('设备已停用，请先启用。')
  })
  it('names the input that does not fit', () => {
    const errors = [
      { field: '/login', code: 'text_too_short', detail: 'minimum string length is 1' },
      { field: '/name', code: 'required', detail: 'property "name" is missing' },
    ]
    expect(explain(Problem.of({ code: 'request_invalid', errors }, 400))).toBe('“login”太短。 缺少“name”。')
  })
  it('is the server’s own sentence when the code is unknown, and the status when there is none', () => {
    expect(explain(Problem.of({ code: 'of_tomorrow', detail: 'wait' }, 422))).toBe('wait')
    expect(explain(Problem.of('Bad Gateway', 502))).toBe('操作未成功（502）。')
  })
})
