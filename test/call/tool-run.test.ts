import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { runTool } from '../../src/call/tool-run.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { ToolOutcome } from '../../src/ports/tools.ts'
import { testPlan, testPorts } from './support/ports.ts'

function start(propose: () => Promise<ToolOutcome>, name = 'end_call') {
  const clock = new VirtualClock()
  const { ports, log } = testPorts(clock, createAudioEngine({ kind: 'integer' }))
  const { tools } = testPlan('CA1')
  const call = { callId: 'call_1', responseId: 'resp_1', name, arguments: '{}' }
  return { clock, log, outcome: runTool(call, { ports, log, tools, propose }) }
}

describe('runTool()', () => {
  it('answers what the gate answers, and leaves no timer', async () => {
    const { clock, outcome } = start(async () => ({ status: 'done', output: '{}' }))
    expect(await outcome).toEqual({ status: 'done', output: '{}' })
    expect(clock.pendingTimers()).toBe(0)
  })

  it('says that nobody knows, when the gate never answers', async () => {
    const { clock, outcome } = start(() => Promise.withResolvers<never>().promise)
    clock.advance(90_000)
    expect(await outcome).toMatchObject({
      status: 'unknown',
      output: expect.stringContaining('timeout') as unknown,
    })
  })

  it('logs the name of a tool that there is, and not what a model has made up', async () => {
    const names: string[] = []
    for (const name of ['end_call', 'the caller said their card is 4111']) {
      const { outcome, log } = start(async () => ({ status: 'unknownTool', output: '{}' }), name)
      await outcome
      names.push(...log.lines.map(({ fields }) => String(fields.tool)))
    }
    expect(names).toEqual(['end_call', 'end_call', 'unknown', 'unknown'])
  })
})
