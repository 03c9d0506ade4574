import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runnerImport, type Plugin } from 'vite'

// The names of the dashboard's words are half of their weight. In the build a word that is only ever asked for by its whole name,
// as in t('list.comma'), is known by its number; what is put together while it runs, as `state.${state}`, keeps its name, and both
// languages share those names. Development and tests know every word by its name.

type Words = Record<string, unknown>

export interface Uses {
  /** Asked for by the whole name and in no other way. */
  whole: string[]
  /** Asked for by a name that is put together, or handed on before it is asked for. */
  made: string[]
  unused: string[]
}

/** How the keys are asked for in the sources. */
export function uses(keys: string[], sources: string[]): Uses {
  const text = sources.join('\n')
  const count = (pattern: RegExp) => {
    const found = new Map<string, number>()
    for (const [, key] of text.matchAll(pattern)) found.set(key!, (found.get(key!) ?? 0) + 1)
    return found
  }
  const written = count(/(?<=')([\w.]+)(?=')/g)
  const asked = count(/\bt\(\s*'([\w.]+)'/g)
  const patterns = new Set<string>()
  for (const [, prefix] of text.matchAll(/\bknown\(\s*['`]((?:[\w.]|\$\{[^`{}]*\})+)['`]/g)) patterns.add(`${prefix}.\${}`)
  for (const [, template] of text.matchAll(/`((?:[\w.]|\$\{[^`{}]*\})+)`/g)) if (/[a-z]/.test(template!.replaceAll(/\$\{[^}]*\}/g, ''))) patterns.add(template!)
  const made = new RegExp(`^(?:${[...patterns].map((one) => one.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[^.]+')).join('|')})$`)

  const out: Uses = { whole: [], made: [], unused: [] }
  for (const key of keys) {
    if (made.test(key)) out.made.push(key)
    else if (!written.has(key)) out.unused.push(key)
    else out[asked.get(key) === written.get(key) ? 'whole' : 'made'].push(key)
  }
  return out
}

/** What may ask for words: all but the words themselves, the shapes of the API, and tests. */
export function sourcesIn(root: string): string[] {
  const files = (readdirSync(join(root, 'src'), { recursive: true }) as string[]).map((path) => path.replaceAll('\\', '/'))
  const asks = (path: string) => /\.(ts|svelte)$/.test(path) && !/\.(test|d)\.ts$|^i18n\/(en|zh)\.|^i18n\/text\.svelte\.ts$/.test(path)
  return files.filter(asks).map((path) => readFileSync(join(root, 'src', path), 'utf8'))
}

/** Replaces whole names by numbers; one that has none stays. */
export function numbered(source: string, numbers: Map<string, number>): string {
  return source.replaceAll(/\bt\((\s*)'([\w.]+)'/g, (as, space: string, key: string) => (numbers.has(key) ? `t(${space}'${numbers.get(key)}'` : as))
}

/** The files of words, by the part that they hold. */
const PARTS = { core: '', more: '.more' } as const
const NAMES = 'virtual:word-names/'

export function numberWords(root: string): Plugin {
  const numbers = new Map<string, number>()
  /** Of each part: its keys, those that keep their name first, and the number of the first. */
  const parts = new Map<string, { keys: string[]; names: string[]; first: number }>()
  const read = async (file: string) => (await runnerImport<{ default: Words }>(file, { root, configFile: false, logLevel: 'error' })).module.default
  return {
    name: 'number-words',
    apply: 'build',
    enforce: 'pre',
    async buildStart() {
      const sources = sourcesIn(root)
      let first = 0
      for (const [part, suffix] of Object.entries(PARTS)) {
        const { whole, made, unused } = uses(Object.keys(await read(join(root, `src/i18n/en${suffix}.ts`))), sources)
        const names = [...made, ...unused]
        const keys = [...names, ...whole]
        keys.forEach((key, i) => i >= names.length && numbers.set(key, first + i))
        parts.set(part, { keys, names, first })
        first += keys.length
      }
    },
    resolveId: (id) => (id.startsWith(NAMES) ? `\0${id}` : null),
    async load(id) {
      if (id.startsWith(`\0${NAMES}`)) {
        const { names, first } = parts.get(id.slice(NAMES.length + 1))!
        return `const names = ${JSON.stringify(names.join(' '))}.split(' ')
export default (texts) => Object.fromEntries(texts.map((text, i) => [names[i] ?? ${first} + i, text]))`
      }
      const [, language, more] = /\/src\/i18n\/(en|zh)(\.more)?\.ts$/.exec(id) ?? []
      if (!language) return null
      const part = more ? 'more' : 'core'
      const words = await read(id)
      return `import words from '${NAMES}${part}'\nexport default words(${JSON.stringify(parts.get(part)!.keys.map((key) => words[key]))})`
    },
    transform(code, id) {
      return id.startsWith(join(root, 'src')) && /\.(ts|svelte)$/.test(id) ? { code: numbered(code, numbers), map: null } : null
    },
  }
}
