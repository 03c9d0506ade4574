import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import en from '../../i18n/en.messages'
import zh from '../../i18n/zh.messages'
import { useLanguage, withWords } from '../../i18n/text.svelte'
import { failure } from './failure'

const source = (file: string) => readFileSync(join(import.meta.dirname, '../../../../server', file), 'utf8')
const codes = [...(source('webhook/webhook.go') + source('courier/failure.go')).matchAll(/^\t[cC]ode\w+\s+(?:Code )?= "([a-z_]+)"/gm)].map((found) => `failure.${found[1]}`)

describe('why a message was not taken', () => {
  beforeAll(async () => {
    await useLanguage('zh')
    await withWords(Promise.resolve())
  })

  it('has words in both languages for exactly the codes of the server', () => {
    expect(codes.length).toBeGreaterThan(20)
    for (const words of [en, zh]) expect(Object.keys(words).filter((key) => key.startsWith('failure.')).sort()).toEqual([...codes].sort())
  })
  it('says it in Chinese, with what the robot said behind', () => {
    expect(failure('robot_security', '310000 sign not match')).toBe('机器人安全设置（关键词、加签或地址）拒绝（310000 sign not match）')
    expect(failure('target_silent')).toBe('应答超时')
  })
  it('shows what an older server noted as it is', () => expect(failure(undefined, undefined, 'no route')).toBe('no route'))
})
