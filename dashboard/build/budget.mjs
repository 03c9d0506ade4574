import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

// What a browser fetches, gzip, against the budgets of the house. A first visit
// loads the entry, one language, and the board or the sign-in page: the larger
// of each is counted, with everything that they import. Everything is all that
// one visitor can load: every file, of the two languages the larger, for the other
// never crosses the network. Both languages together are kept from growing, too.
const KB = 1000
const BUDGETS = { 'first load, JavaScript': 57 * KB, 'everything, JavaScript': 180 * KB, 'both languages, JavaScript': 195 * KB, 'everything, CSS': 20 * KB }
const FIRST = ['index.html']
const LANGUAGES = [
  ['src/i18n/en.ts', 'src/i18n/zh.ts'],
  ['src/i18n/en.more.ts', 'src/i18n/zh.more.ts'],
]
const ONE_OF = [
  LANGUAGES[0],
  ['src/features/board/BoardPage.svelte', 'src/features/signin/SignInPage.svelte'],
]

const dist = new URL('../dist/', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'))
const size = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length

function closure(keys, into = new Set()) {
  for (const key of keys) {
    const chunk = manifest[key]
    if (!chunk) throw new Error(`${key} is not in dist/manifest.json`)
    if (into.has(chunk.file)) continue
    into.add(chunk.file)
    closure(chunk.imports ?? [], into)
  }
  return into
}
const total = (files) => [...files].reduce((sum, file) => sum + size(file), 0)

let first = closure(FIRST)
for (const keys of ONE_OF) {
  const choices = keys.map((key) => closure([key], new Set(first)))
  first = choices.reduce((a, b) => (total(a) >= total(b) ? a : b))
}
const assets = readdirSync(join(dist, 'assets')).map((name) => `assets/${name}`)
const scripts = total(assets.filter((file) => file.endsWith('.js')))
const unseen = LANGUAGES.reduce((sum, pair) => sum + Math.min(...pair.map((key) => size(manifest[key].file))), 0)
const measured = {
  'first load, JavaScript': total(first),
  'everything, JavaScript': scripts - unseen,
  'both languages, JavaScript': scripts,
  'everything, CSS': total(assets.filter((file) => file.endsWith('.css'))),
}

if (process.argv.includes('-v')) for (const file of [...first].sort()) console.log(`  ${size(file)} ${file}`)
let failed = 0
for (const [what, bytes] of Object.entries(measured)) {
  const over = bytes > BUDGETS[what]
  failed += over
  console.log(`${over ? 'OVER' : 'ok  '} ${what}: ${(bytes / KB).toFixed(1)} KB of ${BUDGETS[what] / KB} KB gzip`)
}
process.exit(failed ? 1 : 0)
