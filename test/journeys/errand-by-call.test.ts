import { describe, expect, it } from 'vitest'
import { startVirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import { scenarioFrom } from '../../src/sim/scenario.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { asksForSms, hangsUp, hearsQuestion, owner, playErrand, saysYes, statuses, yes } from './errand.ts'
import { transcriptOf } from './support.ts'

const restaurant = '+14155550177'
const errand = { to_number: restaurant, purpose: 'Book a table for two at eight tonight' }
const wish = 'Please call the restaurant.'

const said = 'We are full tonight. Please take me off your list. Goodbye.'

const scenario = scenarioFrom({
  name: 'errand-by-call',
  about: 'The owner has a restaurant called, and hears what it said.',
  seed: 1,
  call: { from: owner, stirVerstat: 'TN-Validation-Passed-A' },
  caller: {
    steps: [
      { do: 'waitForReply', ms: 500 },
      { do: 'waitForQuiet', ms: 600 },
      { do: 'speak', clip: 'caller-text-ann', text: wish },
      ...hearsQuestion,
      saysYes,
      { do: 'pause', ms: 45_000 },
      { do: 'hangUp' },
    ],
  },
  model: {
    transcription: { when: 'before' },
    hears: [wish, yes],
    replies: [
      { preamble: 'Let me see.', calls: [{ name: 'make_call', arguments: errand }] },
      { say: 'I am calling them.' },
      { say: 'Their telephone rings.' },
      { say: 'They are full tonight.' },
    ],
  },
  phones: [
    {
      number: restaurant,
      callee: {
        steps: [
          { do: 'waitForReply', ms: 500 },
          { do: 'waitForQuiet', ms: 1_200 },
          { do: 'speak', clip: 'caller-goodbye', text: said },
          { do: 'waitForReply', ms: 2_000 },
          { do: 'waitForQuiet', ms: 1_500 },
          { do: 'hangUp' },
        ],
      },
      model: {
        transcription: { when: 'before' },
        hears: [said],
        replies: [
          { say: 'I would like a table for two at eight.', thinkMs: 200 },
          { say: 'I see.', thinkMs: 200 },
        ],
      },
    },
  ],
})

describe('a call that the owner asks for in a call', { timeout: 60_000 }, () => {
  it('is placed after a yes, talks for itself, and is reported to the owner who is still there', async () => {
    using folder = temporaryFolder()
    const env = { PORT: '0', MAX_LOOP_DELAY_MS: '60000', QUIET_HOURS: 'off', DATA_DIR: folder.path }
    const told: unknown[] = []
    const played = await (async () => {
      await using rehearsal = await startVirtualRehearsal({ env, logTo: { write: () => undefined } })
      const { world } = rehearsal
      world.watch(({ side, entry }) => {
        if (side !== 'openai' || entry.kind !== 'client' || entry.sessionNumber !== 1) return
        const { item } = (entry.event ?? {}) as { item?: { output?: string } }
        if (item?.output !== undefined) told.push(JSON.parse(item.output))
      })
      world.prepare(scenario)
      return await rehearsal.virtual.time.until(
        (async () => {
          const { call, ended } = await world.ring(scenario)
          await ended
          const placed = [...world.twilio.calls.values()].find(({ to }) => to === restaurant)
          const texts = [...world.twilio.messages.values()].filter(({ to }) => to === owner)
          return {
            asked: await rehearsal.record(call.sid),
            placed: placed && (await rehearsal.record(placed.sid)),
            texts: texts.map(({ body }) => body),
          }
        })(),
      )
    })()
    expect(played.placed && transcriptOf(played.placed)).toEqual([
      'agent: Hello! This is a computer: an AI assistant, speaking for the owner of this number.',
      'agent: I would like a table for two at eight.',
      `caller: ${said}`,
      'agent: I see.',
      'agent: I have noted it: you will not be called again. I am sorry for the trouble.',
    ])
    expect(told).toEqual([
      expect.objectContaining({ status: 'confirmation_required' }),
      expect.objectContaining({
        status: 'done',
        result: expect.objectContaining({ state: 'dialling' }) as unknown,
      }),
      expect.objectContaining({
        status: 'done',
        untrusted: 'message',
        result: expect.objectContaining({ call: 'answered', to: '…0177' }) as unknown,
      }),
    ])
    expect(JSON.stringify(told.at(-1))).toContain(said)
    expect(played.asked && transcriptOf(played.asked)).toContain('agent: They are full tonight.')
    expect(played.texts).toEqual([expect.stringContaining(`They said last: "${said}"`)])
    await using records = await openedRecords(folder.path, { commits: 'loop' })
    const outcomes = (await records.audit.page({ afterSeq: 0, maxRecords: 500 })).filter(
      ({ kind }) => kind === 'outcome',
    )
    expect(outcomes.map(({ tool, data }) => [tool ?? data.source, data.state, data.code])).toEqual([
      ['make_call', 'done', undefined],
      ['make_call', 'done', 'completed'],
      ['errand', 'sent', undefined],
    ])
    // Whoever was called has asked for no more calls: that is kept, for them alone, and recorded.
    const wallMs = Date.UTC(2027, 0, 1)
    expect(await records.permissions.isOptedOut(restaurant, wallMs)).toBe(true)
    expect(await records.permissions.isOptedOut(owner, wallMs)).toBe(false)
    const optOuts = (await records.audit.page({ afterSeq: 0, maxRecords: 500 })).filter(
      ({ kind }) => kind === 'opt_out',
    )
    expect(optOuts.map(({ strength, data }) => [strength, data.source])).toEqual([['S0', 'voice']])
    expect(await records.audit.verify()).toMatchObject({ ok: true })
  })

  it('is not talked with where whoever is called forwards it to us', async () => {
    const call = await playErrand({
      call: { from: '+14155550100', stirVerstat: 'TN-Validation-Passed-A' },
      steps: hangsUp,
      model: { hears: [], replies: [{ say: 'How can I help?' }] },
    })
    expect(call.errors).toEqual([])
    expect(call.record.call).toMatchObject({ ending: 'refused', status: 'busy' })
    expect(call.sent).toEqual([])
  })

  it('is not placed where as many calls are live as MAX_OUTBOUND_CALLS allows', async () => {
    const call = await playErrand({
      steps: [...asksForSms, ...hearsQuestion, saysYes, ...hangsUp],
      model: {
        hears: [wish, yes],
        replies: [
          { preamble: 'Let me see.', calls: [{ name: 'make_call', arguments: errand }] },
          { say: 'All right.' },
          { say: 'I could not call them.' },
        ],
      },
      env: { MAX_OUTBOUND_CALLS: '0' },
    })
    expect(call.runs).toEqual([])
    expect(call.story.slice(-2)).toEqual(['decision allow confirmed', 'policy_denied deny tooManyCalls'])
    expect(statuses(call)).toEqual(['confirmation_required', 'failed', 'failed'])
    expect(call.told.at(-1)).toMatchObject({
      reason: 'tooManyCalls',
      note: expect.stringMatching(/^This was not done/) as unknown,
    })
  })
})
