import { describe, expect, it } from 'vitest'
import { textsInJson } from '../../src/lib/texts-in-json.ts'

describe('textsInJson()', () => {
  it('finds names, strings and numbers at any depth, with their line breaks', () => {
    const json = JSON.stringify({ body: 'one\ntwo', list: [1, [null, { deep: true, 'a name': 'x' }]] })
    expect(textsInJson(json).toSorted()).toEqual(
      ['one\ntwo', 'body', 'list', '0', '1', '0', '1', '1', 'deep', 'a name', 'x'].toSorted(),
    )
  })

  it('takes a text that is no JSON as it is', () => {
    expect(textsInJson('{ not')).toEqual(['{ not'])
  })

  it('is not confused by depth', () => {
    expect(textsInJson(`${'['.repeat(5_000)}"x"${']'.repeat(5_000)}`)).toContain('x')
  })
})
