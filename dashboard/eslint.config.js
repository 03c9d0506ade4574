import svelte from 'eslint-plugin-svelte'
import ts from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

export default ts.config(
  { ignores: ['dist/', 'src/api/schema.d.ts', 'test-results/', 'playwright-report/'] },
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  {
    rules: {
      eqeqeq: ['error', 'smart'],
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true }],
      // The router of this house takes plain paths; the rule is for SvelteKit.
      'svelte/no-navigation-without-resolve': 'off',
      // Maps here are made, filled and thrown away inside one computation.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  { files: ['build/**', '*.js', '*.mjs', 'e2e/**'], rules: { 'no-console': 'off' } },
)
