import { describe, expect, it } from 'vitest'
import { EventParser } from './sse'

describe('the event parser', () => {
  const text = 'id: 7\nevent: station\ndata: {"a":1,\ndata: "b":2}\n\n: heartbeat\n\ndata: x\n\n'
  const events = [{ id: '7', event: 'station', data: '{"a":1,\n"b":2}' }, null, { id: '7', event: 'message', data: 'x' }]

  it('reads ids, names and data of more than one line, and keeps the last id', () => {
    expect(new EventParser().push(text)).toEqual(events)
  })
  it('gives the same however the bytes are cut, with every kind of line end', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const whole = text.replaceAll('\n', end) + (end === '\r' ? 'x' : '')
      for (let size = 1; size < 9; size++) {
        const parser = new EventParser()
        const got = []
        for (let i = 0; i < whole.length; i += size) got.push(...parser.push(whole.slice(i, i + size)))
        expect(got).toEqual(events)
      }
    }
  })
  it('an empty event says nothing', () => expect(new EventParser().push('\n\n')).toEqual([]))
})
