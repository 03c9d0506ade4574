// What this browser remembers for its person. Storage may be forbidden (private
// windows, school policies): then nothing is remembered and nothing breaks.
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`labtide.${key}`)
  } catch {
    return null
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`labtide.${key}`)
    else localStorage.setItem(`labtide.${key}`, value)
  } catch {
    // see above
  }
}
