/** A name for the API; an empty one is left out. */
export function text(en: string, zh: string): { name?: { en: string; zh?: string } } {
  if (!en.trim()) return {}
  return { name: zh.trim() ? { en: en.trim(), zh: zh.trim() } : { en: en.trim() } }
}
