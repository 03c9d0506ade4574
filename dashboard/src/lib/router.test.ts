import { describe, expect, it } from 'vitest'
import { here, match, navigate, withQuery } from './router.svelte'

describe('match', () => {
  it('takes the parameters out of a path and decodes them', () => {
    expect(match('/stations/:code', '/stations/PLC%2007')).toEqual({ code: 'PLC 07' })
  })
  it('forgives a slash at the end', () => expect(match('/bookings', '/bookings/')).toEqual({}))
  it('refuses another length, and an empty parameter', () => {
    expect(match('/stations/:code', '/stations')).toBeNull()
    expect(match('/stations/:code', '/stations/')).toBeNull()
  })
  it('leaves what is not well encoded as it is', () => expect(match('/s/:code', '/s/%E0%A4')).toEqual({ code: '%E0%A4' }))
})

describe('the query', () => {
  it('changes one parameter and keeps the others', () => {
    navigate('/?room=B203&state=free')
    expect(withQuery({ state: null, kind: 'cnc' })).toBe('/?room=B203&kind=cnc')
  })
  it('is followed by the page', () => {
    navigate('/utilization?from=2026-11-01')
    expect(here.query.get('from')).toBe('2026-11-01')
    expect(here.path).toBe('/utilization')
  })
})
