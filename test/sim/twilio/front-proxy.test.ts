import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { FrontProxy } from '../../../src/sim/twilio/front-proxy.ts'
import type { OutgoingRequest } from '../../../src/sim/twilio/transport.ts'

const answer = { status: 200, contentType: 'text/xml', body: '<Response/>' }

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/** A product that cannot be reached until the clock says so. */
function start(options: { holdMs: number; backAtMs: number; code?: string }) {
  const clock = new VirtualClock()
  const tries: number[] = []
  const request = async (): Promise<typeof answer> => {
    tries.push(clock.nowMs())
    if (clock.nowMs() < options.backAtMs) throw failure(options.code ?? 'ECONNREFUSED')
    return answer
  }
  const proxy = new FrontProxy({ clock, transport: { request } })
  proxy.holdMs = options.holdMs
  const abort = new AbortController()
  const sent: OutgoingRequest = { url: 'x', method: 'POST', headers: {}, body: '', signal: abort.signal }
  const outcome = proxy.request(sent).catch((error: unknown) => error)
  const pass = async (durationMs: number): Promise<void> => {
    for (let ms = 0; ms < durationMs; ms += 10) {
      clock.advance(10)
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    }
  }
  return { clock, tries, outcome, pass, abort }
}

describe('FrontProxy.request()', () => {
  it.for(['ECONNREFUSED', 'ECONNRESET'])(
    'holds a request that meets %s until a server is there',
    async (code) => {
      const { outcome, pass, tries, clock } = start({ holdMs: 5_000, backAtMs: 800, code })
      await pass(1_000)
      expect(await outcome).toEqual(answer)
      expect(tries.length).toBeGreaterThan(10)
      expect(clock.pendingTimers()).toBe(0)
    },
  )

  it('passes the failure on at once when it holds nothing, later when none came, and any other failure', async () => {
    const never = start({ holdMs: 0, backAtMs: Infinity })
    expect(await never.outcome).toMatchObject({ code: 'ECONNREFUSED' })
    expect(never.tries).toEqual([0])
    const late = start({ holdMs: 300, backAtMs: Infinity })
    await late.pass(400)
    expect(await late.outcome).toMatchObject({ code: 'ECONNREFUSED' })
    const unknown = start({ holdMs: 5_000, backAtMs: Infinity, code: 'ENOTFOUND' })
    expect(await unknown.outcome).toMatchObject({ code: 'ENOTFOUND' })
  })

  it('ends when the request is given up', async () => {
    const { outcome, pass, abort, clock } = start({ holdMs: 60_000, backAtMs: Infinity })
    await pass(100)
    abort.abort()
    await pass(50)
    expect(await outcome).toMatchObject({ code: 'ECONNREFUSED' })
    expect(clock.pendingTimers()).toBe(0)
  })
})
