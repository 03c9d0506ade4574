import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Starts `server demo` for all tests and ends it after them. LABTIDE_BUILT_SERVER names
// a built server; without it one is built into a temporary folder. LABTIDE_URL names a
// running demo instead.
export default async function start(): Promise<() => Promise<void>> {
  if (process.env.LABTIDE_URL) return async () => {}
  const dir = mkdtempSync(join(tmpdir(), 'labtide-e2e-'))
  const binary = process.env.LABTIDE_BUILT_SERVER ?? build(join(dir, 'server'))
  const address = `127.0.0.1:${await freePort()}`
  const server = spawn(binary, ['demo', '-listen', address, '-dir', join(dir, 'data')], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (bytes) => (said = (said + bytes).slice(-20_000)))
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))

  process.env.LABTIDE_URL = `http://${address}`
  for (let left = 600; ; left--) {
    if (server.exitCode !== null) throw new Error(`server demo ended with ${server.exitCode}:\n${said}`)
    if (await isReady(process.env.LABTIDE_URL)) break
    if (left === 0) throw new Error(`server demo is not ready after a minute:\n${said}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return async () => {
    server.kill('SIGTERM')
    await ended
    rmSync(dir, { recursive: true, force: true })
  }
}

function build(target: string): string {
  const result = spawnSync('go', ['build', '-o', target, './server'], { cwd: '..', stdio: 'inherit' })
  if (result.status !== 0) throw new Error('go build ./server failed')
  return target
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
