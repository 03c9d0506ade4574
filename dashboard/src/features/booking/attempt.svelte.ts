// Something that is sent and may be refused: whether it runs, and why it was refused.
import { Problem } from '../../api/problem'

export interface Attempt {
  readonly busy: boolean
  readonly refused: unknown
  /** Whether it was done; what is no answer of the server is thrown. */
  run(what: () => Promise<unknown>): Promise<boolean>
}

/** Must be called while a component is made. */
export function attempts(): Attempt {
  let busy = $state(false)
  let refused = $state.raw<unknown>(null)
  return {
    get busy() {
      return busy
    },
    get refused() {
      return refused
    },
    async run(what) {
      busy = true
      refused = null
      try {
        await what()
        return true
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        refused = error
        return false
      } finally {
        busy = false
      }
    },
  }
}
