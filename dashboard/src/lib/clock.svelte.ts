// The time now, as the server has it, for everything that shows how time passes.
// A computer in a lab may have a wrong clock; the server says how wrong.

let offset = 0
let now = $state(Date.now())
let readers = 0
let timer: ReturnType<typeof setInterval> | undefined

export function serverNow(): number {
  return Date.now() + offset
}

/** Tells the server's clock, as of this moment. */
export function setServerTime(instant: number): void {
  offset = instant - Date.now()
  now = serverNow()
}

/** Reactive, moves every five seconds while somebody keeps it going. */
export function ticking(): number {
  return now
}

/** Keeps the clock going until the returned function is called. */
export function keepTicking(): () => void {
  if (readers++ === 0) timer = setInterval(() => (now = serverNow()), 5_000)
  now = serverNow()
  return () => {
    if (--readers === 0) clearInterval(timer)
  }
}
