import { describe, expect, it } from 'vitest'
import { CALLER, CONNECT, NUMBER, stage, twiml } from './memory-product.ts'

/** Everything that two calls sent, when the first is rung so long before the second. */
async function run(seed: number, apartMs: number): Promise<string> {
  await using world = await stage((each) => twiml(each.path === '/twilio/voice' ? CONNECT : ''), { seed })
  const script = { steps: [{ do: 'noise', ms: 200, dbfs: -30 } as const, { do: 'hangUp' } as const] }
  const first = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
  if (apartMs > 0) await world.pass(apartMs)
  const second = world.twilio.placeCall({ from: CALLER, to: NUMBER, script })
  await world.pass(1_000)
  await Promise.all([first.ended, second.ended])
  return JSON.stringify(world.product.sockets.map((socket) => socket.messages))
}

describe('the seed', () => {
  it('decides sids, noise and timestamps, however calls overlap', async () => {
    const alone = await run(3, 1_000)
    expect(await run(3, 1_000)).toBe(alone)
    expect(await run(3, 0)).toBe(alone)
    expect(await run(4, 1_000)).not.toBe(alone)
  })
})
