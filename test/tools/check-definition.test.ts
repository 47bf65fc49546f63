import { describe, expect, it } from 'vitest'
import { checkDefinitions } from '../../src/tools/check-definition.ts'

const text = { type: 'string', maxLength: 5, description: 'x' }

function check(parameters: Readonly<Record<string, unknown>>): () => void {
  return () => checkDefinitions([{ name: 'tool', description: 'x', parameters }])
}

function of(field: unknown) {
  return { type: 'object', additionalProperties: false, properties: { field } }
}

describe('checkDefinitions()', () => {
  it('refuses what is required and not there', () => {
    const strict = { type: 'object', properties: { text }, additionalProperties: false }
    expect(check({ ...strict, required: ['text'] })).not.toThrow()
    expect(check({ ...strict, required: ['text', 'more'] })).toThrow(
      /arguments requires "more", which it does/,
    )
    expect(check({ ...strict, required: [1] })).toThrow(/arguments requires 1/)
    // A name that every object inherits is no property.
    expect(check({ ...strict, required: ['toString'] })).toThrow(/arguments requires "toString"/)
  })

  it('refuses an object without properties, a field without schema, and a list of nothing', () => {
    expect(check({ type: 'object', additionalProperties: false })).toThrow(/arguments has no properties/)
    expect(check(of(true))).toThrow(/field has no schema/)
    expect(check(of({ type: 'array', maxItems: 2, description: 'x' }))).toThrow(/field has no items/)
    expect(check(of({ enum: ['a'], description: 'x' }))).not.toThrow()
    expect(check(of({ const: 'a', description: 'x' }))).not.toThrow()
  })
})
