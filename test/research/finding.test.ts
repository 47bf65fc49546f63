import { anything, assert, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findingOf } from '../../src/research/finding.ts'

describe('findingOf()', () => {
  it('answers whatever it is given', () => {
    assert(
      property(anything(), anything(), (output, content) => {
        for (const response of [
          output,
          { output },
          { output: [content] },
          { output: [{ type: 'message', content: [content] }] },
        ]) {
          expect(findingOf(response)).toHaveProperty('ok', false)
        }
      }),
      { numRuns: 500, seed: 3 },
    )
  })

  it('passes over parts and pages that it does not know', () => {
    const text = { type: 'output_text', text: 'Six.', annotations: [{ type: 'file_citation' }, null] }
    const output = [{ type: 'reasoning' }, { type: 'message', content: [{ type: 'refusal' }, text] }, 7]
    expect(findingOf({ output })).toEqual({ ok: true, answer: 'Six.', sources: [] })
  })
})
