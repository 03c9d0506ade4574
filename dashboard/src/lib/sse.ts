// A reader of event streams over fetch: unlike EventSource it can name the event
// from which to go on after a pause, and it sees the comments that are heartbeats.

export interface StreamEvent {
  id: string
  event: string
  data: string
}

/** Cuts text that comes in any pieces into events. A comment gives null: somebody is there. */
export class EventParser {
  #rest = ''
  #id = ''
  #event = ''
  #data: string[] = []

  push(text: string): (StreamEvent | null)[] {
    const out: (StreamEvent | null)[] = []
    let buffer = this.#rest + text
    // A CR at the end may be half of a CR LF: wait for the other half.
    const held = buffer.endsWith('\r') ? '\r' : ''
    if (held) buffer = buffer.slice(0, -1)
    const lines = buffer.split(/\r\n|\r|\n/)
    this.#rest = lines.pop()! + held
    for (const line of lines) {
      if (line === '') this.#finish(out)
      else if (line.startsWith(':')) out.push(null)
      else this.#field(line)
    }
    return out
  }

  #field(line: string): void {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'id') this.#id = value
    else if (name === 'event') this.#event = value
    else if (name === 'data') this.#data.push(value)
  }

  #finish(out: (StreamEvent | null)[]): void {
    if (this.#data.length || this.#event) out.push({ id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') })
    this.#event = ''
    this.#data = []
  }
}
