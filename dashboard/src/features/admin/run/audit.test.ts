import { render, screen } from '@testing-library/svelte'
import { expect, it, vi } from 'vitest'
import { api } from '../../../api/client'
import type { AuditLine } from '../../../api/shapes'
import { useLanguage, withWords } from '../../../i18n/text.svelte'
import Audit from './Audit.svelte'

it('shows what was done twice in one second, with the same words twice', async () => {
  await useLanguage('en')
  await withWords(Promise.resolve())
  const change = { field: 'purpose', from: 'practice', to: 'exam' }
  const line: AuditLine = { at: '2026-11-23T02:00:00Z', source: 'booking', id: 'b', version: 2, act: 'changed', person: { id: 'l', name: 'Li' }, changes: [change, change] }
  vi.spyOn(api, 'GET').mockImplementation((async (path: string) => ({
    data: { items: path === '/api/v1/audit' ? [{ ...line, version: 3 }, line] : [] },
    response: new Response(),
  })) as never)
  render(Audit, { say: () => {} })
  expect(await screen.findAllByText('Li changed it')).toHaveLength(2)
})

it('leaves out what devices noted, until somebody wants that too', async () => {
  const asked: unknown[] = []
  vi.spyOn(api, 'GET').mockImplementation((async (path: string, { params }: { params: { query: unknown } }) => {
    if (path === '/api/v1/audit') asked.push(params.query)
    return { data: { items: [] }, response: new Response() }
  }) as never)
  render(Audit, { say: () => {} })
  await vi.waitFor(() => expect(asked).toEqual([{ limit: 100, notable: true }]))
  screen.getByRole('checkbox').click()
  await vi.waitFor(() => expect(asked[1]).toEqual({ limit: 100 }))
  expect(location.search).toBe('?all=1')
})
