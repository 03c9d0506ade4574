// The address bar is the state: filters and ranges live in the query, so that
// back, a bookmark and a link sent to a colleague all work.

let url = $state.raw(new URL(location.href))

export const here = {
  get path(): string {
    return url.pathname
  },
  get query(): URLSearchParams {
    return url.searchParams
  },
}

addEventListener('popstate', () => (url = new URL(location.href)))

export function navigate(to: string, replace = false): void {
  if (replace) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  const moved = location.pathname !== url.pathname
  url = new URL(location.href)
  if (moved && !replace) scrollTo(0, 0)
}

/** The address of this page with some parameters changed; null takes one away. */
export function withQuery(changes: Record<string, string | null>): string {
  const query = new URLSearchParams(url.search)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) query.delete(key)
    else query.set(key, value)
  }
  const text = query.toString()
  return url.pathname + (text ? `?${text}` : '')
}

/** Turns clicks on plain links into navigation; leaves new tabs, downloads and other hosts to the browser. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = (event.target as Element).closest('a')
  if (!link?.href || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
  if (link.pathname.startsWith('/api/') || link.getAttribute('href')!.startsWith('#')) return
  event.preventDefault()
  navigate(link.pathname + link.search + link.hash)
}

/** Matches "/stations/:code"; null when it does not fit. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/')
  const have = path.replace(/(.)\/$/, '$1').split('/')
  if (want.length !== have.length) return null
  const params: Record<string, string> = {}
  for (const [i, part] of want.entries()) {
    const given = have[i]!
    if (part.startsWith(':') && given) params[part.slice(1)] = decode(given)
    else if (part !== given) return null
  }
  return params
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
