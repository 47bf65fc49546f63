import { describe, expect, it } from 'vitest'
import { startRehearsal } from '../../src/app/rehearsal.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { scenarioFrom } from '../../src/sim/scenario.ts'
import type { FakeCall } from '../../src/sim/twilio/fake-call.ts'
import type { World } from '../../src/sim/world.ts'
import { TwilioRest } from '../../src/twilio/rest-client.ts'
import { intentTo } from '../call/support/placed.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { expectComplete, transcriptOf } from './support.ts'

const our = '+14155550100'
const owner = '+14155550101'
const [restaurant, busy] = ['+14155550177', '+14155550178']
const purpose = 'Book a table for two at eight tonight'
const disclosure = 'agent: Hello! This is a computer: an AI assistant, speaking for the owner of this number.'

const scenario = scenarioFrom({
  name: 'errand',
  about: 'A restaurant is called.',
  seed: 3,
  caller: { steps: [] },
  model: { hears: [], replies: [] },
  phones: [
    { number: busy, answer: 'busy' },
    {
      number: restaurant,
      callee: {
        steps: [
          { do: 'waitForReply', ms: 500 },
          { do: 'waitForQuiet', ms: 1_200 },
          { do: 'speak', clip: 'caller-goodbye', text: 'We are full tonight. Goodbye.' },
          { do: 'waitForEnd', withinMs: 20_000 },
        ],
      },
      model: {
        transcription: { when: 'before' },
        hears: ['We are full tonight. Goodbye.'],
        replies: [
          { say: 'I would like a table for two at eight.', thinkMs: 200 },
          { preamble: 'Thank you, goodbye!', calls: [{ name: 'end_call', arguments: {} }], thinkMs: 200 },
        ],
      },
    },
  ],
})

/** Resolves when something is so, which the world brings about. */
async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise<void>((resolve) => systemClock.setTimer(50, resolve))
  }
  throw new Error('It did not come about')
}

function restOf(world: World, publicUrl: string): TwilioRest {
  const { TWILIO_ACCOUNT_SID: accountSid = '', TWILIO_AUTH_TOKEN: authToken = '' } = world.env
  return new TwilioRest({
    accountSid,
    authToken,
    publicUrl,
    apiBaseUrl: world.twilio.origin,
    clock: systemClock,
  })
}

function callTo(world: World, sid: string): FakeCall {
  const call = world.twilio.calls.get(sid)
  if (!call) throw new Error(`There is no call ${sid}`)
  return call
}

const never = new AbortController().signal

describe('a call that the owner had placed', { timeout: 60_000 }, () => {
  it('is a call of the agent with a purpose, and is reported once to the owner; the rest is hung up on', async () => {
    using folder = temporaryFolder()
    const before = await openedRecords(folder.path)
    const booking = await intentTo(before, { to_number: restaurant, purpose })
    const other = await intentTo(before, { to_number: busy, purpose })
    await before[Symbol.asyncDispose]()
    await using rehearsal = await startRehearsal({
      env: { PORT: '0', MAX_LOOP_DELAY_MS: '60000', DATA_DIR: folder.path },
      logTo: { write: () => undefined },
    })
    const { world } = rehearsal
    world.prepare(scenario)
    const rest = restOf(world, rehearsal.origin)
    const place = async (to: string, ref: string): Promise<FakeCall> => {
      const outcome = await rest.placeCall({ from: our, to, ref, maxSeconds: 600 }, never)
      if (!outcome.ok || outcome.sid === undefined) throw new Error('The call was not placed')
      return callTo(world, outcome.sid)
    }
    const call = await place(restaurant, booking.ref)
    expect(await call.ended).toMatchObject({ endedBy: 'rest', status: 'completed', errors: [] })
    const record = await rehearsal.record(call.sid)
    if (!record) throw new Error('The call left no record')
    expect(record.call).toMatchObject({
      direction: 'outbound',
      actor: 'external',
      from: our,
      to: restaurant,
      ending: 'agentHungUp',
    })
    expect(transcriptOf(record)).toEqual([
      disclosure,
      'agent: I would like a table for two at eight.',
      'caller: We are full tonight. Goodbye.',
      'agent: Thank you, goodbye!',
    ])
    expectComplete(record)
    const told = JSON.stringify(world.openai.sessions.at(-1)?.received)
    expect(told).toContain('Why you are calling')
    expect(told).toContain(purpose)

    const again = await place(restaurant, booking.ref)
    expect(await again.ended).toMatchObject({ status: 'completed', streams: [] })
    expect(await rehearsal.record(again.sid)).toBeUndefined()
    const foreign = await place(restaurant, 'intent_x000000000000000000000000')
    expect(await foreign.ended).toMatchObject({ streams: [] })
    const unanswered = await place(busy, other.ref)
    expect(await unanswered.ended).toMatchObject({ status: 'busy' })

    const texts = await until(() => {
      const all = [...world.twilio.messages.values()].filter(({ to }) => to === owner)
      return all.length >= 2 ? all.map(({ body }) => body) : undefined
    })
    const seconds = record.call.durationSeconds
    expect(texts).toEqual([
      `My call to ${restaurant}: answered, ${seconds} s. They said last: "We are full tonight. Goodbye.".`,
      `My call to ${busy}: it was busy.`,
    ])
  })
})
