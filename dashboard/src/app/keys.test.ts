// @vitest-environment node
// Svelte gives up a whole page when two items of an {#each} have the same key. What people make
// may repeat: a key is the place in the list, the id that the server gave, or one of these.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const UNIQUE: Record<string, string> = {
  'account.login': 'the server lets nobody have another’s login',
  'card.station.id': 'the board has each station once',
  'item.booking.id': 'a booking is displaced once',
  'seats[0]!.id': 'a booking is a seat of one group',
  'one.version': 'of a rule there is one of each',
  'one.channel': 'mail, webhook, notice',
  'field.name': 'the server gives the fields of two bodies by name',
  'item.key': 'the report groups by it',
  'offer.endsAt': 'offers() leaves out what ends at the same time',
  'one.quota + one.starts_at': 'the windows of a quota do not overlap',
  'place.path': 'of ours',
  'group.name': 'of ours',
  'limit.name': 'of ours',
  '`${line.source} ${line.id} ${line.version}`': 'the key of the audit in the database',
}
/** The item is the key: constants of ours, objects, steps of time or what a Set has been through. */
const LISTS = /^(Object\.entries\([A-Z]+\)|[A-Z]+|acts|also|codes|hours|lengths|openings|others|points|shown|specials|table\.(hours|days)|tabs|themes|waivable|weeks)$/

const files = (readdirSync('src', { recursive: true }) as string[]).filter((path) => path.endsWith('.svelte'))
const blocks = files.flatMap((file) =>
  [...readFileSync(join('src', file), 'utf8').matchAll(/\{#each ((?:[^{}]|\{[^{}]*\})+?) as ((?:[^{}]|\{[^{}]*\})+?) \(([^{}]+|`.*?`)\)\}/g)].map(([, list, item, key]) => ({ file, list: list!, item: item!, key: key! })),
)

it('every list of every page has keys that cannot repeat', () => {
  expect(blocks.length).toBe(files.flatMap((file) => [...readFileSync(join('src', file), 'utf8').matchAll(/\{#each /g)]).length)
  const index = (item: string, key: string) => / *, (\w+)$/.exec(item)?.[1] === key
  const repeat = blocks.filter(({ list, item, key }) => !(index(item, key) || /^\w+\.id$/.test(key) || key in UNIQUE || LISTS.test(list)))
  expect(repeat.map(({ file, list, key }) => `${file}: ${list} by ${key}`)).toEqual([])
})
