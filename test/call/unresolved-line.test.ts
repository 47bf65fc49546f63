import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { OnACall, SID } from './support/on-a-call.ts'
import type { Records } from '../../src/storage/open-storage.ts'

const by = { actor: 'server' }
const beganAtMs = Date.parse('2026-11-24T10:15:00Z')
const sentence =
  'One thing first: I do not know what became of the text message to the number ending in 0 1 2 3, Tuesday, 24 November, 10:15 AM. I have not tried again. Please check it.'

/** A text message that nobody knows the end of, which operators were shown unless it is too new for that. */
async function unresolved({ effects }: Records, isShown = true): Promise<string> {
  const intentId = `intent_x${randomBytes(12).toString('hex')}`
  await effects.claimIntent({
    intentId,
    scope: SID,
    key: intentId,
    tool: 'send_sms',
    argumentsHash: 'ab'.repeat(32),
    sessionId: `CA${'0f'.repeat(16)}`,
    actor: 'person_0a1b2c3d4e5f60718293a4b5',
    strength: 'S3',
    destination: '+14155550123',
    createdAtMs: beganAtMs,
  })
  await effects.settleIntent(intentId, { state: 'unknown', code: 'timeout', settledAtMs: beganAtMs })
  if (isShown) await effects.showUnresolved({ sinceMs: beganAtMs, nowMs: beganAtMs, maxIntents: 5, by })
  return intentId
}

function announced({ world }: OnACall) {
  const requests = world.speech.sessions.flatMap((session) => session.requests)
  return requests.filter(({ purpose }) => purpose === 'announcement')
}

async function untold({ records }: OnACall): Promise<number> {
  return (await records.effects.untold(9)).length
}

async function isPin(): Promise<boolean> {
  return Promise.resolve(true)
}

describe('UnresolvedLine', () => {
  it('tells the owner once, in words of ours, and writes it down when they were heard', async () => {
    await using call = await OnACall.open({}, async (records) => void (await unresolved(records)))
    await call.quiet()
    expect(announced(call).map(({ instructions }) => instructions)).toEqual([
      `Say exactly this and nothing else: "${sentence}"`,
    ])
    call.speak(sentence, announced(call)[0])
    call.line.play(3_900)
    expect(await untold(call)).toBe(1)
    call.line.play(300)
    await call.quiet()
    expect(await untold(call)).toBe(0)
    expect((await call.story()).at(-1)).toBe('outcome unknown ownerTold')
    const { audit, people } = call.records
    expect((await audit.page({ afterSeq: 0, maxRecords: 99 })).at(-1)).toMatchObject({
      actor: await people.idOf('+14155550101'),
      strength: 'S2',
      session: SID,
    })
    expect(announced(call)).toHaveLength(1)
  })

  it('says it once more to whoever interrupts it, and leaves it to the next call then', async () => {
    await using call = await OnACall.open({}, async (records) => void (await unresolved(records)))
    await call.quiet()
    for (const times of [1, 2]) {
      expect(announced(call)).toHaveLength(times)
      call.speak(sentence, announced(call).at(-1))
      call.line.play(1_000)
      call.say('Wait a moment.')
      call.reply()
      call.line.play(4_500)
      await call.quiet()
    }
    expect(announced(call)).toHaveLength(2)
    expect(await untold(call)).toBe(1)
  })

  it('does not count as told what was spoken otherwise', async () => {
    await using call = await OnACall.open({}, async (records) => void (await unresolved(records)))
    await call.quiet()
    for (const request of [0, 1]) {
      call.speak('Everything went well.', announced(call)[request])
      call.line.play(4_500)
      await call.quiet()
    }
    expect(announced(call)).toHaveLength(2)
    expect(await untold(call)).toBe(1)
  })

  it('tells nobody below S2, and the owner as soon as their PIN was right', async () => {
    await using call = await OnACall.open({ isPin }, async (records, own) => {
      own.strength = 'S1'
      await unresolved(records)
    })
    await call.quiet()
    expect(announced(call)).toEqual([])
    call.press('123456#')
    await call.quiet()
    // The caller is known better now, so that another session takes over.
    const [session] = call.world.speech.sessions
    const [thanks] = announced(call)
    const responseId = 'resp_thanks001'
    call.emit({ kind: 'responseStarted', responseId, purpose: 'announcement', id: thanks?.id ?? '' }, session)
    call.emit({ kind: 'responseDone', responseId, status: 'completed', retryable: false }, session)
    call.line.play(20)
    await call.quiet()
    expect(announced(call).at(-1)?.instructions).toContain(sentence)
  })

  it('tells of messages that could not be sent to the owner, until that was heard', async () => {
    const said = 'One thing first: there is 1 message for you that I could not send you. I have kept it.'
    await using call = await OnACall.open({}, async ({ calls }) => {
      const common = { callSid: SID, from: '+14155550177', kind: 'words', text: 'The roof leaks.' } as const
      const receivedAtMs = beganAtMs
      await calls.insertMessage({ ...common, messageId: 'intent_xsent', receivedAtMs, notice: 'sent' })
      await calls.insertMessage({ ...common, messageId: 'intent_xlost', receivedAtMs, notice: 'failed' })
    })
    const { notices } = call.records
    await call.quiet()
    call.speak(said, announced(call)[0])
    call.line.play(3_900)
    expect(await notices.untold(beganAtMs)).toMatchObject({ count: 1 })
    call.line.play(300)
    await call.quiet()
    expect(await notices.untold(beganAtMs)).toMatchObject({ count: 0 })
    expect(announced(call)).toHaveLength(1)
  })

  it('says nothing of what is known, or was not shown yet', async () => {
    await using call = await OnACall.open({}, async (records) => {
      const known = await unresolved(records)
      await records.effects.settleIntent(known, { state: 'done', settledAtMs: beganAtMs + 1 })
      await unresolved(records, false)
    })
    await call.quiet()
    expect(announced(call)).toEqual([])
  })
})
