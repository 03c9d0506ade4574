import { render, screen } from '@testing-library/svelte'
import { expect, it, vi } from 'vitest'
import { useLanguage, withWords } from '../i18n/text.svelte'
import App from './App.svelte'

let sound = false
vi.mock('../api/session.svelte', () => ({ loadSession: async () => {}, session: { state: 'in', may: () => false, zone: () => 'UTC' } }))
vi.mock('./Shell.svelte', async () => ({ default: (anchor: Node, { children }: { children: (anchor: Node) => void }) => children(anchor) }))
vi.mock('./routes', () => ({
  route: () => ({
    params: {},
    load: async () => ({
      default: (anchor: Comment) => {
        if (!sound) throw new Error('each_key_duplicate')
        anchor.before('the page')
      },
    }),
  }),
}))

it('a page that throws says so, and how to go on', async () => {
  await useLanguage('en')
  await withWords(Promise.resolve())
  const reported = vi.fn()
  vi.stubGlobal('reportError', reported)
  render(App)
  expect(await screen.findByRole('heading', { name: 'This page did not load' })).toBeTruthy()
  expect(screen.getByRole('link', { name: 'Live board' }).getAttribute('href')).toBe('/')
  expect(reported).toHaveBeenCalledOnce()
  sound = true
  screen.getByRole('button', { name: 'Try again' }).click()
  expect(await screen.findByText(/the page/)).toBeTruthy()
})
