import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { hashInputs } from './build/inputs.ts'

const root = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '')

/** Leaves the hash of what dist was made from in it, so that a Go test can tell a stale one. */
function stampInputs(): Plugin {
  return {
    name: 'stamp-inputs',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '.inputs.sha256', source: hashInputs(root) + '\n' })
    },
  }
}

export default defineConfig({
  plugins: [svelte(), svelteTesting(), stampInputs()],
  build: {
    target: ['chrome105', 'safari15.4', 'firefox104'],
    manifest: 'manifest.json',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': process.env.LABTIDE_SERVER ?? 'http://127.0.0.1:8080' } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts', 'build/**/*.test.ts'], restoreMocks: true },
})
