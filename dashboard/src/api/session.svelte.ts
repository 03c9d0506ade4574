// Who is here and what they may do, and what school this is.
import { api, onRefused, unwrap, useCsrfToken } from './client'
import { Problem } from './problem'
import type { Action, DemoAccount, Me } from './shapes'

export type { DemoAccount }

type State = 'unknown' | 'out' | 'in' | 'unreachable'

let state = $state<State>('unknown')
let me = $state.raw<Me | null>(null)
let demo = $state(false)
let zones = $state.raw<Record<string, string>>({})

export const session = {
  get state(): State {
    return state
  },
  get personId(): string {
    return me?.person.id ?? ''
  },
  get name(): string {
    return me?.person.name ?? ''
  },
  get login(): string {
    return me?.person.login ?? ''
  },
  get role(): string {
    return me?.person.role ?? ''
  },
  get programme(): string {
    return me?.person.programme ?? ''
  },
  /** Whether one says what a booking serves: for others it is their own programme, if they have one. */
  get choosesProgramme(): boolean {
    return !this.programme || this.may('choose_programme')
  },
  /** Whether others may name one as company. */
  get mayBeNamed(): boolean {
    return me?.person.may_be_named ?? true
  },
  get demo(): boolean {
    return demo
  },
  /** The zone of a site; without one, of the first. */
  zone(siteId?: string): string {
    return (siteId && zones[siteId]) || Object.values(zones)[0] || Intl.DateTimeFormat().resolvedOptions().timeZone
  },
  may(action: Action): boolean {
    return me?.permissions.includes(action) ?? false
  },
}

onRefused(() => {
  if (state === 'in') forgetSession()
})

async function enter(newcomer: Me): Promise<void> {
  useCsrfToken(newcomer.csrf_token)
  const { items } = unwrap(await api.GET('/api/v1/sites'))
  zones = Object.fromEntries(items.map((site) => [site.id, site.time_zone]))
  me = newcomer
  state = 'in'
}

export async function loadSession(): Promise<void> {
  try {
    const [about, mine] = await Promise.all([api.GET('/api/v1/about'), api.GET('/api/v1/me')])
    demo = unwrap(about).demo
    await enter(unwrap(mine))
  } catch (error) {
    state = error instanceof Problem && error.status === 401 ? 'out' : 'unreachable'
  }
}

export async function demoAccounts(signal: AbortSignal): Promise<DemoAccount[]> {
  return unwrap(await api.GET('/api/v1/about', { signal })).demo_accounts
}

export async function signIn(login: string, password: string): Promise<void> {
  await enter(unwrap(await api.POST('/api/v1/session', { body: { login, password } })))
}

export async function beNamed(may: boolean): Promise<void> {
  const { person } = unwrap(await api.PATCH('/api/v1/me', { body: { may_be_named: may } }))
  if (me) me = { ...me, person }
}

export async function usePasswordLink(secret: string, password: string): Promise<void> {
  await enter(unwrap(await api.POST('/api/v1/links/use', { body: { secret, password } })))
}

/** The other sessions end; this one goes on with a new token. */
export async function changePassword(current: string, password: string): Promise<void> {
  await enter(unwrap(await api.PUT('/api/v1/me/password', { body: { current, password } })))
}

export async function signOut(): Promise<void> {
  await api.DELETE('/api/v1/session')
  forgetSession()
}

/** The server no longer knows us. */
export function forgetSession(): void {
  useCsrfToken(undefined)
  me = null
  state = 'out'
}
