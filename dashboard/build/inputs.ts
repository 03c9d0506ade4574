import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

// What dist is made from. embed_test.go hashes the same list in the same order.
const INPUTS = ['build', 'index.html', 'package-lock.json', 'public', 'src', 'svelte.config.js', 'tsconfig.json', 'vite.config.ts']

function files(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).flatMap((name) => files(join(path, name)))
}

/** One SHA-256 over "path NUL size NUL bytes" of every input, in order of path. */
export function hashInputs(root: string): string {
  const hash = createHash('sha256')
  const paths = INPUTS.flatMap((name) => files(join(root, name))).map((path) => path.slice(root.length + 1).replaceAll('\\', '/'))
  for (const path of paths.sort()) {
    if (path.endsWith('.test.ts')) continue
    const bytes = readFileSync(join(root, path))
    hash.update(`${path}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}
