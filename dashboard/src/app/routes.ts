// Which page an address shows. Pages are loaded when they are first asked for.
import type { Component } from 'svelte'
import { withWords } from '../i18n/text.svelte'
import { match } from '../lib/router.svelte'

type Loader = () => Promise<{ default: Component<Record<string, string>> }>

const ROUTES: [pattern: string, load: Loader][] = [
  ['/', () => import('../features/board/BoardPage.svelte') as ReturnType<Loader>],
  ['/stations/:code', () => import('../features/station/StationPage.svelte') as ReturnType<Loader>],
  ['/s/:code', () => import('../features/label/LabelPage.svelte') as ReturnType<Loader>],
  ['/bookings', () => import('../features/bookings/BookingsPage.svelte') as ReturnType<Loader>],
  ['/requests', () => import('../features/requests/RequestsPage.svelte') as ReturnType<Loader>],
  ['/absences', () => import('../features/absences/AbsencesPage.svelte') as ReturnType<Loader>],
  ['/bookings/several', () => import('../features/bookings/SeveralPage.svelte') as ReturnType<Loader>],
  ['/bookings/repeat', () => import('../features/series/RepeatPage.svelte') as ReturnType<Loader>],
  ['/bookings/timetable', () => import('../features/series/TimetablePage.svelte') as ReturnType<Loader>],
  ['/bookings/:id', () => import('../features/bookings/BookingPage.svelte') as ReturnType<Loader>],
  ['/run', () => import('../features/admin/run/RunPage.svelte') as ReturnType<Loader>],
  ['/run/:tab', () => import('../features/admin/run/RunPage.svelte') as ReturnType<Loader>],
  ['/teams', () => import('../features/admin/TeamsPage.svelte') as ReturnType<Loader>],
  ['/utilization', () => import('../features/utilization/UtilizationPage.svelte') as ReturnType<Loader>],
  ['/rules', () => import('../features/rules/RulesPage.svelte') as ReturnType<Loader>],
  ['/rules/:tab', () => import('../features/rules/RulesPage.svelte') as ReturnType<Loader>],
  ['/admin', () => import('../features/admin/AdminPage.svelte') as ReturnType<Loader>],
  ['/admin/:tab', () => import('../features/admin/AdminPage.svelte') as ReturnType<Loader>],
  ['/account', () => import('../features/account/AccountPage.svelte') as ReturnType<Loader>],
]

export interface Found {
  load: Loader
  params: Record<string, string>
}

export function route(path: string): Found | null {
  for (const [pattern, load] of ROUTES) {
    const params = match(pattern, path)
    // The board is the first that most people see: it waits for nothing that it does not show.
    if (params) return { load: pattern === '/' ? load : () => withWords(load()), params }
  }
  return null
}
