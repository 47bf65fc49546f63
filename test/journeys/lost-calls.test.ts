import { describe, expect, it } from 'vitest'
import { networkInMemory } from '../../src/app/network.ts'
import { startServer } from '../../src/app/server.ts'
import { readConfig } from '../../src/config/read-config.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { MemoryNetwork } from '../../src/sim/memory/memory-network.ts'
import { VirtualTime } from '../../src/sim/memory/virtual-time.ts'
import { rehearsalClock } from '../../src/sim/rehearsal-clock.ts'
import { startWorld } from '../../src/sim/world.ts'
import { TwilioRest } from '../../src/twilio/rest-client.ts'
import { intentTo } from '../call/support/placed.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { ringingCall, startedAtMs } from '../storage/records.ts'
import { asksForSms, hearsQuestion, owner, playErrand, saysYes, yes } from './errand.ts'

const our = '+14155550100'
const [restaurant, busy] = ['+14155550177', '+14155550178']
const purpose = 'Book a table for two at eight tonight'
const wish = 'Please call the restaurant.'
const origin = 'http://127.0.0.1:3999'
const nobody = { callee: { steps: [] }, model: { hears: [], replies: [] } }
const never = new AbortController().signal

/** A world in memory, to which a server may come later. */
async function worldWithoutServer(dataDir: string) {
  const virtual = new VirtualClock()
  const clock = rehearsalClock(virtual, 'America/Los_Angeles')
  const network = new MemoryNetwork({ clock: virtual })
  const time = new VirtualTime(virtual, network)
  const world = await startWorld({ clock, seed: 1, publicUrl: origin, network, logEntries: 0 })
  const own = { HOST: '127.0.0.1', PORT: '3999', DATA_DIR: dataDir, MAX_LOOP_DELAY_MS: '60000' }
  const settings = readConfig({ ...world.env, ...own })
  const { TWILIO_ACCOUNT_SID: accountSid = '', TWILIO_AUTH_TOKEN: authToken = '' } = world.env
  const joined = networkInMemory(network)
  return {
    world,
    time,
    rest: new TwilioRest({
      accountSid,
      authToken,
      clock,
      publicUrl: origin,
      apiBaseUrl: world.twilio.origin,
      send: joined.sendRest,
    }),
    startServer: () =>
      startServer({
        ...settings,
        mode: { mode: 'rehearsal', missing: [] },
        clock,
        network: joined,
        random: () => 0.5,
        logTo: { write: () => undefined },
      }),
    textsToOwner: () =>
      [...world.twilio.messages.values()].filter(({ to }) => to === owner).map(({ body }) => body),
  }
}

describe('a call that was placed, and of whose end nobody told us', { timeout: 60_000 }, () => {
  it('is reported to the call that asked and to the owner, where callbacks do not reach the server', async () => {
    const call = await playErrand({
      ownTools: true,
      env: { IDLE_PROMPT_SECONDS: '600' },
      steps: [...asksForSms, ...hearsQuestion, saysYes, { do: 'pause', ms: 240_000 }, { do: 'hangUp' }],
      model: {
        hears: [wish, yes],
        replies: [
          {
            preamble: 'Let me see.',
            calls: [{ name: 'make_call', arguments: { to_number: restaurant, purpose } }],
          },
          { say: 'I am calling them.' },
          { say: 'Nobody answers there.' },
        ],
      },
      meanwhile: async ({ world, virtual }) => {
        world.watch(({ side, entry }) => {
          const isPlaced = side === 'twilio' && entry.kind === 'rest' && entry.path.endsWith('/Calls.json')
          if (isPlaced && entry.method === 'POST') virtual.network.leave(world.env['PUBLIC_URL'] ?? '')
        })
      },
    })
    expect(call.told.at(-1)).toMatchObject({ result: { call: 'no-answer', to: '…0177' } })
    expect(call.texts).toEqual([
      { to: owner, body: expect.stringContaining(`My call to ${restaurant}:`) as string },
    ])
    expect(call.story.slice(-2)).toEqual(['outcome done', 'outcome failed no-answer'])
    const line = call.lines.find((text) => text.includes('"lostCallEnded"')) ?? ''
    expect(JSON.parse(line)).toMatchObject({ status: 'no-answer', callSid: expect.any(String) as string })
    expect(line).not.toContain('0177')
  })

  it('is found by the next process, which leaves alone what still rings', async () => {
    using folder = temporaryFolder()
    const { world, time, rest, textsToOwner, ...at } = await worldWithoutServer(folder.path)
    await using held = new AsyncDisposableStack()
    held.defer(() => time.until(world[Symbol.asyncDispose]()))
    world.prepare({ phones: [{ number: busy, answer: 'busy', ...nobody }] })
    const before = await openedRecords(folder.path, { commits: 'loop' })
    const place = async (to: string) => {
      const { ref } = await intentTo(before, { to_number: to, purpose })
      const outcome = await rest.placeCall({ from: our, to, ref, maxSeconds: 600 }, never)
      if (!outcome.ok || outcome.sid === undefined) throw new Error('The call was not placed')
      const taken = { state: 'done', providerId: outcome.sid, settledAtMs: 0 } as const
      await before.effects.settleIntent(ref, taken)
      return { ref, callSid: outcome.sid }
    }
    const [lost, ringing] = await time.until(
      (async () => [await place(busy), await place(restaurant)] as const)(),
    )
    // As of a call that we had no place for.
    const ended = { endedAtMs: startedAtMs, ending: 'refused' } as const
    const call = { ...ringingCall(lost.callSid), direction: 'outbound', from: our, to: busy } as const
    await before.calls.insertCall({ ...call, ...ended })
    await before[Symbol.asyncDispose]()
    await time.pass(20_000)
    const server = await at.startServer()
    held.defer(() => time.until(server[Symbol.asyncDispose]()))
    await time.pass(10_000)
    expect(textsToOwner()).toEqual([`My call to ${busy}: it was busy.`])
    await time.pass(300_000)
    expect(textsToOwner()).toEqual([
      `My call to ${busy}: it was busy.`,
      expect.stringContaining(`My call to ${restaurant}: nobody`),
    ])
    expect((await server.record(lost.callSid))?.call.status).toBe('busy')
    await held.disposeAsync()
    await using records = await openedRecords(folder.path, { commits: 'loop' })
    const outcomes = await Promise.all(
      [lost, ringing].map(async ({ ref }) => (await records.effects.findIntent(ref))?.outcome),
    )
    expect(outcomes).toMatchObject([
      { state: 'failed', code: 'busy' },
      { state: 'failed', code: 'no-answer' },
    ])
    expect(await records.audit.verify()).toMatchObject({ ok: true })
  })
})
