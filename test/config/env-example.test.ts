import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { variableNames } from '../../src/config/read-config.ts'
import { read } from './reading.ts'

describe('.env.example', () => {
  const lines = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8').split('\n')
  const shown = lines.flatMap((line) => {
    const [, name, value] = /^# ([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, value }]
  })

  it('shows every variable once and no other', () => {
    expect(shown.map(({ name }) => name).toSorted()).toEqual([...variableNames].toSorted())
  })

  it('says something above every variable', () => {
    const bare = lines.filter(
      (line, index) => /^# [A-Z][A-Z0-9_]*=/.test(line) && !/^# [^=]* [^=]*[.:]/.test(lines[index - 1] ?? ''),
    )
    expect(bare).toEqual([])
  })

  it('shows the defaults, and sets nothing as it stands', () => {
    const env = Object.fromEntries(shown.filter(({ value }) => value).map(({ name, value }) => [name, value]))
    expect(Object.keys(env).length).toBeGreaterThan(40)
    expect(read(env)).toEqual(read({}))
    expect(lines.filter((line) => line && !line.startsWith('#'))).toEqual([])
  })
})
