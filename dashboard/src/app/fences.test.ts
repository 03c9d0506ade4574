import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

// Who may import whom, and that nobody imports themselves by a detour.
const MAY: Record<string, string[]> = {
  lib: [],
  i18n: ['lib'],
  api: ['i18n', 'lib'],
  ui: ['i18n', 'lib'],
  features: ['api', 'i18n', 'lib', 'ui'],
  app: ['api', 'features', 'i18n', 'lib', 'ui'],
}
/** Features that others may build on; else a feature knows only itself. */
const SHARED = ['booking', 'board', 'forms', 'series']

const files = (readdirSync('src', { recursive: true }) as string[]).map((path) => path.replaceAll('\\', '/')).filter((path) => /\.(ts|svelte)$/.test(path) && !path.endsWith('.test.ts'))
const known = new Set(files)

function importsOf(file: string): { to: string; lazy: boolean; types: boolean }[] {
  const text = readFileSync(join('src', file), 'utf8')
  const found = []
  for (const m of text.matchAll(/(?:^|\n)\s*(?:import|export)\s(type\s)?[^'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/g)) {
    const base = normalize(join(dirname(file), (m[2] ?? m[3])!)).replaceAll('\\', '/')
    const to = [base, `${base}.ts`, `${base}.svelte.ts`].find((path) => known.has(path))
    if (to) found.push({ to, lazy: !m[2], types: !!m[1] })
  }
  return found
}
const graph = new Map(files.map((file) => [file, importsOf(file)]))

describe('imports', () => {
  it('are found at all', () => expect([...graph.values()].flat().length).toBeGreaterThan(100))

  it.each(files)('%s stays within its fence', (file) => {
    const [room, feature] = file.split('/')
    for (const { to } of graph.get(file)!) {
      const [target, other] = to.split('/')
      if (target === room) {
        const allowed = room !== 'features' || other === feature || SHARED.includes(other!)
        expect(allowed, `${file} imports ${to}: what two features need goes to ui/, lib/ or features/booking`).toBe(true)
      } else expect(MAY[room!], `${file} imports ${to}: ${room}/ may import only ${MAY[room!]!.join(', ') || 'itself'}`).toContain(target)
    }
  })

  it('make no circle', () => {
    const done = new Set<string>()
    const walk = (file: string, path: string[]) => {
      if (path.includes(file)) throw new Error(`circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
      if (done.has(file)) return
      for (const { to, lazy, types } of graph.get(file)!) if (!lazy && !types) walk(to, [...path, file])
      done.add(file)
    }
    for (const file of files) walk(file, [])
  })
})
