// The one way to the server: typed by openapi.yaml, errors become a Problem.
import createClient, { type Middleware } from 'openapi-fetch'
import { serverNow, setServerTime } from '../lib/clock.svelte'
import { Problem } from './problem'
import type { paths } from './schema'

let csrfToken = ''

/** The token that every change must carry; it comes with the session. */
export function useCsrfToken(token: string | undefined): void {
  csrfToken = token ?? ''
}

let whenRefused = () => {}

/** What to do when the server says that nobody is signed in, other than to a sign-in. */
export function onRefused(run: () => void): void {
  whenRefused = run
}

const carryToken: Middleware = {
  onRequest({ request }) {
    if (csrfToken && request.method !== 'GET') request.headers.set('X-CSRF-Token', csrfToken)
  },
  onResponse({ response, schemaPath }) {
    const date = Date.parse(response.headers.get('date') ?? '')
    // The header has whole seconds only: a small difference says nothing.
    if (Math.abs(date - serverNow()) > 3_000) setServerTime(date)
    if (response.status === 401 && schemaPath !== '/api/v1/session') whenRefused()
  },
  onError() {
    return Problem.ofNetwork()
  },
}

export const api = createClient<paths>({ baseUrl: location.origin })
api.use(carryToken)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The data of an answer, or its Problem thrown. */
export function unwrap<T>({ data, error, response }: Answer<T>): T {
  if (response.ok) return data as T
  throw Problem.of(error, response.status)
}

/** The header that says which version a change is meant for. */
export function ifMatch(version: number): { 'If-Match': string } {
  return { 'If-Match': `"${version}"` }
}

/** A key under which a repeated request counts once. No crypto.randomUUID: it is missing on plain HTTP. */
export function idempotencyKey(): { 'Idempotency-Key': string } {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return { 'Idempotency-Key': Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') }
}
