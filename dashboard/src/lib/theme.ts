// Light, dark, or what the system wishes.
import { remember, remembered } from './memory'

export type Theme = 'system' | 'light' | 'dark'

export function chosenTheme(): Theme {
  const chosen = remembered('theme')
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

export function applyTheme(theme: Theme = chosenTheme()): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function chooseTheme(theme: Theme): void {
  remember('theme', theme === 'system' ? null : theme)
  applyTheme(theme)
}
