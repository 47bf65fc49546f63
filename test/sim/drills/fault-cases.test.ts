import { describe, expect, it } from 'vitest'
import { faultCases, scenarioOf } from '../../../src/sim/drills/fault-cases.ts'

const caller = { from: '+14155550160', brief: false, seed: 1 }

describe('faultCases', () => {
  it('have names of their own', () => {
    expect(new Set(faultCases.map(({ name }) => name)).size).toBe(faultCases.length)
  })

  it.each(faultCases)('$name is a call that can be rung, and asks for something to go wrong', (fault) => {
    const { model, caller: script, rest = [] } = scenarioOf(fault, caller)
    const spoilt = model.replies.some((reply) => reply.never ?? reply.ends === 'failed')
    const transcript = model.transcription !== undefined
    const harmless = ['speak', 'pause', 'waitForReply', 'waitForQuiet', 'waitForEnd', 'hangUp']
    const odd = script.steps.filter((step) => !harmless.includes(step.do))
    expect(
      (model.faults ?? []).length + rest.length + odd.length + Number(spoilt) + Number(transcript),
    ).toBeGreaterThan(0)
  })
})
