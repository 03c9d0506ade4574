import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { forget, tell, toasts } from './toasts.svelte'

describe('news', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => {
    for (const { id } of toasts()) forget(id)
    vi.useRealTimers()
  })
  const undo = { label: 'Undo', run: () => {} }

  it('lasts longer where there is a way back', () => {
    tell('saved')
    tell('booked', { action: undo })
    vi.advanceTimersByTime(6_000)
    expect(toasts().map((one) => one.text)).toEqual(['booked'])
    vi.advanceTimersByTime(4_000)
    expect(toasts()).toEqual([])
  })
  it('takes the place of older news of the same thing, whose way back leads nowhere', () => {
    tell('moved', { action: undo, about: 'b1' })
    tell('another', { action: undo, about: 'b2' })
    tell('cancelled', { action: undo, about: 'b1' })
    expect(toasts().map((one) => one.text)).toEqual(['another', 'cancelled'])
  })
  it('is at most three at a time', () => {
    for (const text of ['a', 'b', 'c', 'd']) tell(text)
    expect(toasts().map((one) => one.text)).toEqual(['b', 'c', 'd'])
  })
})
