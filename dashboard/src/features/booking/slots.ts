// Which times a form offers, and what it proposes first.

interface Grid {
  grid_minutes: number
  shortest_minutes: number
  longest_minutes: number
}

/** Clock times of a day on the grid, with those that are chosen already, off the grid or not. */
export function times(gridMinutes: number, chosen: string[]): string[] {
  const all = new Set(chosen.filter(Boolean))
  for (let minute = 0; minute < 24 * 60; minute += gridMinutes) {
    all.add(`${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`)
  }
  return [...all].sort()
}

/** The next start on the grid that is not before `from`, for an hour if the rules allow it. */
export function proposal(from: number, { grid_minutes, shortest_minutes, longest_minutes }: Grid): { from: number; to: number } {
  const grid = grid_minutes * 60_000
  const start = Math.ceil(from / grid) * grid
  const wanted = Math.min(Math.max(60, shortest_minutes), longest_minutes) * 60_000
  return { from: start, to: start + Math.max(grid, Math.floor(wanted / grid) * grid) }
}
