import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { hashInputs } from './build/inputs.ts'
import { numberWords } from './build/words.ts'

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

// What is loaded together travels together: it is smaller, and a browser waits for fewer answers. Else pages are loaded one by one.
const GROUPS = [
  { name: 'house', priority: 3, test: /node_modules\/(svelte|openapi-fetch|esm-env|clsx)\/|\/src\/(api|lib)\/|\/src\/i18n\/(format|text)|\/src\/ui\/(Dialog|DayStrip|Empty|Fault|Glyph|Icon|Legend|Mark|Page|Toaster|toasts)|\/features\/(board\/(words|day|Card|board\.)|booking\/(act|attend|presence|Refused|BookNow))/ },
  { name: 'desk', priority: 2, minShareCount: 2, test: /\/src\/(ui\/(?!Chart|QrCode)|i18n\/(limits|trail)|features\/(forms|booking))/ },
  { name: 'mine', priority: 1, test: /\/features\/(bookings|series|absences|account\/|requests\/R|station)/ },
  { name: 'office', priority: 1, test: /\/features\/(admin|rules|utilization)\/(?!Labels)/ },
]

export default defineConfig({
  plugins: [numberWords(root), svelte(), svelteTesting(), stampInputs()],
  build: {
    target: ['chrome105', 'safari15.4', 'firefox104'],
    manifest: 'manifest.json',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: GROUPS } } },
  },
  server: { proxy: { '/api': process.env.LABTIDE_SERVER ?? 'http://127.0.0.1:8080' } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts', 'build/**/*.test.ts'], restoreMocks: true },
})
