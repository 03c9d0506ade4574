// What somebody may book for.
import { session } from '../../api/session.svelte'
import type { Purpose } from '../../api/shapes'

export function purposes(): Purpose[] {
  const all: Purpose[] = ['practice', 'class', 'competition', 'research', 'service']
  return session.may('book_class') ? all : all.filter((one) => one !== 'class')
}
