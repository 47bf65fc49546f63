import { describe, expect, it } from 'vitest'
import type { Records } from '../../src/storage/open-storage.ts'
import { newCallSid, startedAtMs } from '../storage/records.ts'
import { owner, playErrand, saidIn } from './errand.ts'

const stranger = '+14155550177'
const words = 'Please tell the owner that the roof leaks.'
const text = `Message from ${stranger}: "The roof leaks.".`
const waitsMs = (ms: number) => [{ do: 'pause', ms }, { do: 'hangUp' }] as const
const leavesMessage = [
  { do: 'waitForReply', ms: 500 },
  { do: 'waitForQuiet', ms: 600 },
  { do: 'speak', clip: 'caller-text-ann', text: words },
  { do: 'waitForReply', ms: 300 },
] as const
const model = {
  hears: [words],
  replies: [
    { preamble: 'One moment.', calls: [{ name: 'take_message', arguments: { message: 'The roof leaks.' } }] },
    { say: 'I have noted it.' },
  ],
}
const silent = { hears: [], replies: [] }
const listens = [
  { do: 'waitForReply', ms: 500 },
  { do: 'waitForQuiet', ms: 2_000 },
  { do: 'waitForQuiet', ms: 2_000 },
  { do: 'hangUp' },
] as const

/** A message that a process kept before it died, with what it knew of the notice. */
function message(messageId: string, notice?: 'failed' | 'unknown'): (records: Records) => Promise<void> {
  return async ({ calls }) => {
    const common = { callSid: newCallSid(), from: stranger, receivedAtMs: startedAtMs - 1 } as const
    const taken = { ...common, messageId, kind: 'words', text: 'The roof leaks.' } as const
    await calls.insertMessage({ ...taken, ...(notice && { notice }) })
  }
}

/** Lines of the log, without the time. */
function logged(lines: readonly string[], kind: string): readonly unknown[] {
  const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  return all.filter((line) => line['kind'] === kind).map(({ time: _time, ...line }) => line)
}

describe('a message that was taken', { timeout: 60_000 }, () => {
  it('is texted once the network takes it again', async () => {
    const call = await playErrand({
      ownTools: true,
      call: { from: stranger },
      steps: [...leavesMessage, ...waitsMs(45_000)],
      model,
      meanwhile: async ({ world }) => {
        world.twilio.failRest({ request: 'createMessage', answer: '503', count: 1 })
        await Promise.resolve()
      },
    })
    expect(call.texts).toEqual([{ to: owner, body: text }])
    expect(call.record.messages).toMatchObject([{ notice: 'sent' }])
    expect(logged(call.lines, 'ownerTold')).toMatchObject([
      { level: 'info', callSid: call.record.call.callSid },
    ])
  })

  it('is said in the log not to have arrived, by ids alone, where nobody knows whether it did', async () => {
    const call = await playErrand({
      ownTools: true,
      call: { from: stranger },
      steps: [...leavesMessage, ...waitsMs(45_000)],
      model,
      meanwhile: async ({ world }) => {
        world.twilio.failRest({ request: 'createMessage', answer: 'none' })
        await Promise.resolve()
      },
    })
    const [kept] = call.record.messages
    expect(kept).toMatchObject({ notice: 'unknown' })
    const { callSid } = call.record.call
    expect(logged(call.lines, 'ownerNotTold')).toEqual([
      {
        level: 'warn',
        callSid,
        kind: 'ownerNotTold',
        name: 'message',
        messageId: kept?.messageId,
        status: 'unknown',
        code: 'failed',
      },
    ])
  })

  it('is texted by the next process where the one that kept it has died, unless it may have been sent', async () => {
    const call = await playErrand({
      steps: listens,
      model: silent,
      before: async (records) => {
        await message('intent_xlost')(records)
        await message('intent_xmaybe', 'unknown')(records)
      },
    })
    expect(call.texts).toEqual([{ to: owner, body: text }])
    expect(saidIn(call)).toHaveLength(1)
  })

  it('is told of at the next call of the owner’s where it could not be sent, and of nobody else’s', async () => {
    const sentence =
      'agent: One thing first: there is 1 message for you that I could not send you. I have kept it.'
    const before = message('intent_xlost', 'failed')
    const call = await playErrand({ steps: listens, model: silent, before })
    expect(saidIn(call)[1]).toBe(sentence)
    const other = await playErrand({ steps: listens, model: silent, before, call: { from: stranger } })
    expect(saidIn(other)).not.toContain(sentence)
  })
})
