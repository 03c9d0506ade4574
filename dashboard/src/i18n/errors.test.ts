// @vitest-environment node
// The server's stable error codes are keys of translations: what a browser may be
// told has words, and no words are kept for a code that nobody sends.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from './en.errors'
import zh from './zh.errors'

const SERVER = join(import.meta.dirname, '../../../server')

/** Codes of the server that no browser is ever told, and why. */
const NEVER_IN_A_BROWSER: Record<string, string> = {
  account_is_a_device: 'the configuration of the broker, at the start',
  account_name_invalid: 'the configuration of the broker, at the start',
  account_password_short: 'the configuration of the broker, at the start',
  device_id_invalid: 'the accounts of the broker, in the log',
  device_config_invalid: 'what ingest sends to a device, in the log',
  notice_invalid: 'what ingest sends to a device, in the log',
  enrollment_code_unknown: 'the agent’s answer when it claims a code',
  bad_step: 'the telemetry service has checked the step before a store sees it',
  bookings_no_overlap: 'the constraint behind slot_taken; sqldb turns it into the refusal',
  placements_no_overlap: 'the constraint behind placement_overlaps',
  samples_gone: 'the command that rebuilds the ledger',
}

/** Words for what the dashboard finds out by itself. */
const OWN = ['network', 'unknown']

/** Faults whose code is no literal: the expression, as it stands in the source. What it can be is among the patterns. */
const COMPUTED = [
  'fault.Conflict(name', // sqldb: a constraint of the migrations
  'fault.New(kind, first.Code', // booking: a refusal
  'fault.NotFound(string(sort)+"_unknown"', // booking: what a policy, quota, season or term names
  'fault.NotFound(thing+"_unknown"',
  'fault.NotFound(what+"_unknown"',
  'fault.Unavailable(name', // ingest: a part, in /readyz and the log
]

/** Where a code stands in the source; the second is what follows it. */
const PATTERNS: [RegExp, string?][] = [
  [/\bfault\.(?:Invalid|NotFound|Conflict|Forbidden|Unauthorized|Rule|Stale)\(\s*"(\w+)"\s*,/g],
  [/\bfault\.New\([\w.]+,\s*"(\w+)"/g],
  [/\bfault\.Unavailable\(\s*"(\w+)"/g, '_unavailable'],
  [/\bnewProblem\([\w.]+,\s*"(\w+)"/g],
  [/\bField: [^{}]*\bCode: "(\w+)"/g],
  [/^\s*Code[A-Z]\w*\s*=\s*"(\w+)"/gm],
  [/\bunknown\("(\w+)"/g, '_unknown'],
  [/\bthing:\s*"(\w+)"/g, '_unknown'],
  [/\bfind\(d, d\.\w+, "(\w+)"/g, '_unknown'],
  [/\bSELECT RAISE\(ABORT, '(\w+)'\)/g],
]

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    // Packages like bookingtest serve tests only.
    if (entry.isDirectory()) return /test$|^e2e$|^testdata$/.test(entry.name) ? [] : sources(path)
    return /\.(go|sql)$/.test(entry.name) && !/_test\.go$|\.gen\.go$/.test(entry.name) ? [readFileSync(path, 'utf8')] : []
  })
}

const texts = sources(SERVER)
const emitted = new Set(texts.flatMap((text) => PATTERNS.flatMap(([pattern, end = '']) => [...text.matchAll(pattern)].map((m) => m[1]! + end))))
for (const text of texts)
  for (const [body] of text.matchAll(/^func faultCode\([\s\S]*?^}/gm)) for (const [, code] of body.matchAll(/return "(\w+)"/g)) emitted.add(code!)

const codesOf = (words: object) => Object.keys(words).map((key) => key.replace(/^error\./, ''))
const allowed = Object.keys(NEVER_IN_A_BROWSER)

describe('the server’s error codes', () => {
  it('are all read from its source', () => {
    expect(emitted.size).toBeGreaterThan(100)
    const computed = texts.flatMap((text) =>
      [...text.matchAll(/\bfault\.(?:New\([\w.]+,\s*|(?:Invalid|NotFound|Conflict|Forbidden|Unauthorized|Rule|Stale|Unavailable)\(\s*)([^"\s][^,]*|"\w*"\s*\+[^,]*)/g)].map((m) => m[0]),
    )
    expect(computed.filter((call) => !COMPUTED.includes(call))).toEqual([])
  })

  it.each([
    ['English', en],
    ['Chinese', zh],
  ])('have words in %s, unless no browser is told them', (_, words) => {
    const known = new Set(codesOf(words))
    expect([...emitted].filter((code) => !known.has(code) && !allowed.includes(code)).sort()).toEqual([])
  })

  it.each([
    ['English', en],
    ['Chinese', zh],
  ])('are all that %s has words for', (_, words) => {
    expect(codesOf(words).filter((code) => !emitted.has(code) && !OWN.includes(code))).toEqual([])
  })

  it('that no browser is told are still sent, and have no words', () => {
    expect(allowed.filter((code) => !emitted.has(code) || `error.${code}` in en)).toEqual([])
  })
})
