import { describe, expect, it } from 'vitest'
import { closedSpans, draw, frameOf, joinRuns, minutesByLabel, signs, ticks, type Day, type Label } from './strip'

const HOUR = 3_600_000
const h = (hour: number) => hour * HOUR
const run = (from: number, to: number, label: Label) => ({ from: h(from), to: h(to), label })
const day: Day = {
  open: [{ from: h(8), to: h(20) }],
  bookings: [
    { id: 'a', from: h(9), to: h(11), mine: false, as: 'booked', occupied: h(11.5) },
    { id: 'b', from: h(13), to: h(15), mine: true, as: 'offered' },
  ],
  runs: [run(0, 8, 'closed'), run(8, 9, 'free'), run(9, 10, 'booked_used'), run(10, 11, 'booked_idle'), run(11, 12, 'walk_in'), run(12, 13, 'unknown')],
  outages: [],
}
const frame = { from: h(8), to: h(18) }

describe('the strip', () => {
  it('draws promises as boxes, truth as fills, and what nobody knows hatched', () => {
    const drawing = draw(day, frame, h(13))
    expect(drawing.boxes).toEqual([
      { mine: false, as: 'booked', left: 10, width: 20 },
      { mine: true, as: 'offered', left: 50, width: 20 },
    ])
    expect(drawing.buffers).toEqual([{ left: 30, width: 5 }])
    expect(drawing.fills.map(({ fill, left, width }) => [fill, left, width])).toEqual([
      ['used', 10, 10],
      ['idle', 20, 10],
      ['walk_in', 30, 10],
    ])
    expect(drawing.hatches.map(({ why, left, width }) => [why, left, width])).toEqual([['unknown', 40, 10]])
    expect(drawing.now).toBe(50)
  })
  it('a minute in the future has no truth, though its outage is known', () => {
    const drawing = draw({ ...day, outages: [{ from: h(9), to: h(17) }] }, frame, h(9.5))
    expect(drawing.fills.map(({ left, width }) => [left, width])).toEqual([[10, 5]])
    expect(drawing.hatches.map(({ why, left, width }) => [why, left, width])).toEqual([['down', 15, 75]])
  })
  it('cuts what sticks out, and has no now line on another day', () => {
    const drawing = draw(day, { from: h(10), to: h(12) }, h(40))
    expect(drawing.boxes).toEqual([{ mine: false, as: 'booked', left: 0, width: 50 }])
    expect(drawing.now).toBeNull()
  })
  it('nothing is ever drawn outside the track', () => {
    for (let from = 0; from < 24; from++)
      for (let to = from + 1; to <= 24; to++)
        for (const now of [h(from) - HOUR, h(from), h(to), h(30)]) {
          const drawing = draw(day, { from: h(from), to: h(to) }, now)
          for (const piece of [...drawing.boxes, ...drawing.buffers, ...drawing.fills, ...drawing.hatches]) {
            expect(piece.left).toBeGreaterThanOrEqual(0)
            expect(piece.width).toBeGreaterThan(0)
            expect(piece.left + piece.width).toBeLessThanOrEqual(100.01)
          }
        }
  })
})

it('neighbours of one label are joined, gaps stay', () => {
  expect(joinRuns([run(1, 2, 'free'), run(2, 3, 'free'), run(4, 5, 'free')])).toEqual([run(1, 3, 'free'), run(4, 5, 'free')])
})

it('closed is what no opening covers, even when openings overlap', () => {
  expect(closedSpans([{ from: 13, to: 17 }, { from: 8, to: 12 }, { from: 9, to: 11 }], { from: 7, to: 20 })).toEqual([
    { from: 7, to: 8 },
    { from: 12, to: 13 },
    { from: 17, to: 20 },
  ])
})

describe('the frame', () => {
  const whole = { from: 0, to: h(24) }
  it('is the open hours and one around them', () => expect(frameOf([day], whole)).toEqual({ from: h(7), to: h(21) }))
  it('stretches to what happened outside', () => {
    expect(frameOf([{ ...day, runs: [run(4, 5, 'walk_in')] }], whole).from).toBe(h(4))
  })
  it('is the whole day when nothing is known', () => expect(frameOf([], whole)).toEqual(whole))
})

it('the legend explains what is shown, and nothing else', () => {
  expect(signs([day])).toEqual(['offered', 'buffer'])
  expect(signs([{ ...day, bookings: [] }])).toEqual([])
})

it('minutes add up to what has passed', () => {
  const sums = minutesByLabel(day.runs, h(11.5))
  expect(sums.booked_idle).toBe(60)
  expect(sums.walk_in).toBe(30)
  expect(Object.values(sums).reduce((a, b) => a + b)).toBe(11.5 * 60)
})

it('ticks are whole hours and not too many', () => {
  expect(ticks({ from: h(7), to: h(21) }, 8).map((t) => t / HOUR)).toEqual([7, 9, 11, 13, 15, 17, 19, 21])
  expect(ticks({ from: h(0), to: h(24) }, 5).length).toBeLessThanOrEqual(5)
})
