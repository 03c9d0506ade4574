import './tokens.css'
import './base.css'
import { mount } from 'svelte'
import { preferredLanguage, useLanguage } from '../i18n/text.svelte'
import { applyTheme } from '../lib/theme'
import App from './App.svelte'

applyTheme()
void useLanguage(preferredLanguage()).then(() => mount(App, { target: document.getElementById('app')! }))
