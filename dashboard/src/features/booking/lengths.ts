// Which lengths somebody who waits may choose as just acceptable.

const STEPS = [15, 30, 45, 60, 90, 120, 180, 240, 360, 480]

/** Minutes, the shortest first; the last is what is wanted. */
export function acceptable(wanted: number): number[] {
  return [...STEPS.filter((minutes) => minutes < wanted), wanted]
}

/** How long one may wait for: what was wished first of all, and what fits between two instants and into a limit. */
export function lengthsWithin(wished: number, window: number, longest: number): number[] {
  const most = Math.min(window, Math.max(longest, wished))
  return [...new Set([...STEPS, wished])].filter((minutes) => minutes <= most).sort((a, b) => a - b)
}

/** What is left of an offer, as a clock that runs down: 14:35. */
export function countdown(until: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const [hours, rest] = [Math.floor(seconds / 3600), seconds % 3600]
  const tail = `${two(Math.floor(rest / 60))}:${two(rest % 60)}`
  return hours ? `${hours}:${tail}` : tail
}
