import { describe, expect, it } from 'vitest'
import { whereThrown } from '../../src/config/where-thrown.ts'

const here = /where-thrown\.test\.ts:\d+:\d+/

function thrown(message: string, more: { readonly code?: unknown; readonly cause?: unknown } = {}): Error {
  const error = new TypeError(message, 'cause' in more ? { cause: more.cause } : undefined)
  return 'code' in more ? Object.assign(error, { code: more.code }) : error
}

describe('where an error arose', () => {
  it('is told by name, code and frames', () => {
    const [head, first] = whereThrown(thrown('secret', { code: 'ERR_THIS' })).split('\n')
    expect(head).toBe('TypeError ERR_THIS')
    expect(first).toMatch(here)
    expect(whereThrown(thrown('secret', { code: 21_211 }))).toMatch(/^TypeError 21211\n {4}at /)
  })

  it.each([
    ['in one line', 'secret'],
    ['in several lines that look like frames', 'no\n    at secret (file:///secret.ts:1:1)\n    at secret'],
    ['when it is empty', ''],
  ])('is told without a message %s', (_, message) => {
    const told = whereThrown(thrown(message))
    expect(told).toMatch(/^TypeError\n {4}at /)
    expect(told).toMatch(here)
    expect(told).not.toContain('secret')
  })

  it('is told without a message that was changed after it was thrown', () => {
    const error = thrown('secret')
    error.message = 'other'
    expect(whereThrown(error)).not.toMatch(/secret|other/)
  })

  it('leaves out a code that is no name', () => {
    for (const code of ['a secret of somebody', { secret: 1 }, undefined])
      expect(whereThrown(thrown('secret', { code }))).toMatch(/^TypeError\n/)
  })

  it('tells of what caused it, without end only so far', () => {
    expect(whereThrown(thrown('secret', { cause: new RangeError('secret') }))).toMatch(
      /^TypeError\n[^]+\ncaused by\nRangeError\n {4}at /,
    )
    expect(whereThrown(thrown('secret', { cause: 'secret' }))).toMatch(/\ncaused by\nstring$/)
    const own = thrown('secret')
    own.cause = own
    expect(whereThrown(own).match(/caused by/g)).toHaveLength(4)
  })

  it('of something that is no error is its type', () => {
    expect(whereThrown('secret')).toBe('string')
    expect(whereThrown({ secret: 1 })).toBe('object')
    expect(whereThrown(null)).toBe('object')
  })
})
