import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'

/** The mark that ties a rule of CSS to its component: short, for it stands at every element. */
const cssHash = ({ hash, filename }) => `s${hash(filename).slice(0, 5)}`

export default { preprocess: vitePreprocess(), compilerOptions: { runes: true, discloseVersion: false, cssHash } }
