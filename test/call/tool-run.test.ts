import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { runTool } from '../../src/call/tool-run.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { ToolBox } from '../../src/ports/tools.ts'
import { testPorts } from './support/ports.ts'

const proposal = { callSid: 'CA1', callId: 'call_1', name: 'slow', arguments: '{}' }

const known = [{ name: 'slow', description: 'Takes its time.', parameters: {} }]

function start(run: ToolBox['run'], name = 'slow') {
  const clock = new VirtualClock()
  const { ports, log } = testPorts(clock, createAudioEngine({ kind: 'integer' }))
  const hangUp = new AbortController()
  const tools: ToolBox = { definitions: () => known, run }
  const outcome = runTool({ ...proposal, name }, { ports: { ...ports, tools }, log, signal: hangUp.signal })
  return { clock, outcome, hangUp, log }
}

async function never(): Promise<never> {
  const { promise } = Promise.withResolvers<never>()
  return promise
}

describe('runTool()', () => {
  it('answers what the tool answers, and leaves no timer', async () => {
    const { clock, outcome } = start(async () => ({ status: 'done', output: '{}' }))
    expect(await outcome).toEqual({ status: 'done', output: '{}' })
    expect(clock.pendingTimers()).toBe(0)
  })

  it('a tool that throws has failed, and says nothing of why', async () => {
    const { outcome } = start(async () => {
      throw new TypeError('the password is swordfish')
    })
    expect(await outcome).toEqual({ status: 'failed', output: '{"status":"failed","reason":"internal"}' })
  })

  it('a tool box that throws before it answers has failed too', async () => {
    const { outcome } = start(() => {
      throw new TypeError('broken')
    })
    expect((await outcome).status).toBe('failed')
  })

  it('a tool that never answers has failed after its time', async () => {
    const { clock, outcome } = start(never)
    clock.advance(15_000)
    expect(await outcome).toMatchObject({
      status: 'failed',
      output: expect.stringContaining('timeout') as unknown,
    })
  })

  it('ends with the call', async () => {
    const { outcome, hangUp } = start(never)
    hangUp.abort()
    expect((await outcome).status).toBe('failed')
  })

  it('logs the name of a tool that there is, and not what a model has made up', async () => {
    const names: string[] = []
    for (const name of ['slow', 'the caller said their card is 4111']) {
      const { outcome, log } = start(async () => ({ status: 'unknownTool', output: '{}' }), name)
      await outcome
      names.push(...log.lines.map(({ fields }) => String(fields.tool)))
    }
    expect(names).toEqual(['slow', 'slow', 'unknown', 'unknown'])
  })
})
