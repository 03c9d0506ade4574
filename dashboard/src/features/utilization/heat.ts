// The hours of a week as rows and columns.
import type { HeatmapCell } from '../../api/shapes'

export interface Grid {
  days: number[]
  hours: number[]
  at: (weekday: number, hour: number) => HeatmapCell | undefined
}

/** Every hour between the first and the last that was ever open, so that columns stay in step. */
export function grid(cells: HeatmapCell[]): Grid {
  const found = new Map(cells.map((cell) => [cell.weekday * 24 + cell.hour, cell]))
  const hours = cells.map((cell) => cell.hour)
  const first = Math.min(...hours)
  return {
    days: [...new Set(cells.map((cell) => cell.weekday))].sort(),
    hours: cells.length ? Array.from({ length: Math.max(...hours) - first + 1 }, (_, i) => first + i) : [],
    at: (weekday, hour) => found.get(weekday * 24 + hour),
  }
}

/** The hour that is used most; null when nothing is used. */
export function busiest(cells: HeatmapCell[]): HeatmapCell | null {
  return cells.reduce<HeatmapCell | null>((a, b) => ((b.utilization ?? 0) > (a?.utilization ?? 0) ? b : a), null)
}
