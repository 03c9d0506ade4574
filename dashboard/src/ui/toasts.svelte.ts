// Short news about what a person did, with a way back while it lasts.

export interface Toast {
  id: number
  text: string
  kind: 'done' | 'failed'
  action: { label: string; run: () => void } | null
  /** What it is news of, by its id: newer news of the same takes its place, for its way back leads nowhere any more. */
  about: string
}

const LASTS = { plain: 6_000, withAction: 10_000 }

let list = $state<Toast[]>([])
let next = 1
const timers = new Map<number, ReturnType<typeof setTimeout>>()

export function toasts(): Toast[] {
  return list
}

export function tell(text: string, options: { kind?: Toast['kind']; action?: Toast['action']; about?: string } = {}): number {
  const toast: Toast = { id: next++, text, kind: options.kind ?? 'done', action: options.action ?? null, about: options.about ?? '' }
  for (const older of list) if (toast.about && older.about === toast.about) forget(older.id)
  list = [...list.slice(-2), toast]
  timers.set(
    toast.id,
    setTimeout(() => forget(toast.id), toast.action ? LASTS.withAction : LASTS.plain),
  )
  return toast.id
}

export function forget(id: number): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  list = list.filter((toast) => toast.id !== id)
}
