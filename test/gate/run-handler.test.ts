import { describe, expect, it } from 'vitest'
import { runHandler } from '../../src/gate/run-handler.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { toolRule } from '../../src/policy/tool-rules.ts'
import type { ToolHandler } from '../../src/ports/tools.ts'
import { catalogue } from '../../src/tools/catalogue.ts'
import { offeredTools } from '../../src/tools/offered-tools.ts'

function running(handler: ToolHandler, signal: AbortSignal): ReturnType<typeof runHandler> {
  const handlers = new Map([['send_sms', handler]])
  const [tool] = offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
  if (!tool) throw new Error('No tool')
  const names = { intentId: 'intent_x1', sessionId: 'CA1', actorId: 'person_1' }
  return runHandler(tool, {}, { ...names, clock: new VirtualClock(), timeoutMs: 1_000, signal })
}

describe('runHandler()', () => {
  it('calls no handler when everything is over', async () => {
    let runs = 0
    const handler: ToolHandler = async () => {
      runs += 1
      return { kind: 'done', result: {} }
    }
    const end = await running(handler, AbortSignal.abort())
    expect([runs, end]).toEqual([0, { result: { kind: 'failed', code: 'cancelled' } }])
  })

  it('does not wait for a handler in whose first turn everything ends', async () => {
    const call = new AbortController()
    const handler: ToolHandler = () => {
      call.abort()
      return Promise.withResolvers<never>().promise
    }
    const { result } = await running(handler, call.signal)
    expect(result).toEqual({ kind: 'unknown', code: 'cancelled' })
  })
})
