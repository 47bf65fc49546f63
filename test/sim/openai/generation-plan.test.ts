import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planReply } from '../../../src/sim/openai/generation-plan.ts'
import type { Plan } from '../../../src/sim/openai/generation-plan.ts'
import type { ModelReply } from '../../../src/sim/openai/model-script.ts'
import { seededRandom } from '../../../src/sim/openai/seeded-random.ts'

const call = fc.record({ name: fc.constantFrom('a', 'b'), arguments: fc.string({ maxLength: 80 }) })
const reply: fc.Arbitrary<ModelReply> = fc.record(
  {
    say: fc.string({ maxLength: 120 }),
    calls: fc.array(call, { minLength: 1, maxLength: 4 }),
    ends: fc.constantFrom('completed', 'failed', 'incomplete', 'filtered'),
  },
  { requiredKeys: [] },
)

function plan(options: {
  reply: ModelReply
  audioMs: number
  overlap: boolean
  tokens: number | 'inf'
}): Plan {
  return planReply({
    reply: options.reply,
    speech: { bytes: new Uint8Array(options.audioMs * 48), bytesPerMs: 48 },
    paceFactor: 8,
    maxOutputTokens: options.tokens,
    overlap: options.overlap,
    random: seededRandom('plan'),
  })
}

describe('planReply()', () => {
  it('opens before it fills, fills before it closes and never goes back in time, whatever the reply', () => {
    const options = fc.record({
      reply,
      audioMs: fc.integer({ min: 20, max: 5000 }),
      overlap: fc.boolean(),
      tokens: fc.oneof(fc.constant('inf' as const), fc.integer({ min: 1, max: 300 })),
    })
    const property = fc.property(options, (chosen) => {
      const { steps, outputs, ending } = plan(chosen)
      const state = outputs.map(() => 'planned')
      let lastMs = 0
      for (const step of steps) {
        expect(step.atMs).toBeGreaterThanOrEqual(lastMs)
        lastMs = step.atMs
        expect(state[step.output]).toBe(step.kind === 'open' ? 'planned' : 'open')
        state[step.output] = step.kind === 'close' ? 'closed' : 'open'
      }
      expect(ending.kind !== 'completed' || state.every((one) => one === 'closed')).toBe(true)
    })
    fc.assert(property, { seed: 21, numRuns: 300 })
  })

  it('carries the arguments of every call whole, when it completes', () => {
    const calls = [
      { name: 'a', arguments: 'not JSON {' },
      { name: 'b', arguments: { list: [1, 2, 3], text: 'áéí 🙂'.repeat(9) } },
    ]
    const { steps, outputs } = plan({
      reply: { preamble: 'Well', calls },
      audioMs: 500,
      overlap: true,
      tokens: 'inf',
    })
    const texts = outputs.map((_, output) =>
      steps
        .flatMap((step) => (step.kind === 'arguments' && step.output === output ? [step.delta] : []))
        .join(''),
    )
    expect(texts).toEqual(['', 'not JSON {', JSON.stringify(calls[1]?.arguments)])
  })
})
