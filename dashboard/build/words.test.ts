import { describe, expect, it } from 'vitest'
import core from '../src/i18n/en'
import more from '../src/i18n/en.more'
import { numbered, sourcesIn, uses } from './words'

describe('the words of the dashboard', () => {
  const { whole, made, unused } = uses([...Object.keys(core), ...Object.keys(more)], sourcesIn('.'))

  it('are all asked for somewhere', () => expect(unused).toEqual([]))
  it('are asked for in both ways', () => expect(Math.min(whole.length, made.length)).toBeGreaterThan(300))
})

describe('a word', () => {
  const keys = ['list.comma', 'state.free', 'state.busy', 'error.network', 'rule.set.quota', 'quota.edit', 'nav.board', 'forgotten', 'edit']
  const source = `t('list.comma'); t(\`state.\${state}\`, { n }); known('error', code); known(\`rule.\${act}\`, kind); t(\`\${kind}.edit\`); const link = 'nav.board'; t('nav.board'); t(
    'edit')`

  it('is known by its number only where its name is always written out', () => {
    expect(uses(keys, [source])).toEqual({ whole: ['list.comma', 'edit'], made: ['state.free', 'state.busy', 'error.network', 'rule.set.quota', 'quota.edit', 'nav.board'], unused: ['forgotten'] })
  })
  it('is not mistaken for another call or another text', () => {
    const numbers = new Map([['edit', 7]])
    expect(numbered(`t('edit') + at('edit') + 'edit' + t('edit.more')`, numbers)).toBe(`t('7') + at('edit') + 'edit' + t('edit.more')`)
  })
})
