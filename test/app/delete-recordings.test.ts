import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { deleteErasedRecordings, deleteOldRecordings } from '../../src/app/delete-recordings.ts'
import { keepRecords } from '../../src/app/record-keeping.ts'
import type { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { temporaryFolder } from '../storage/opening.ts'
import { newCallSid } from '../storage/records.ts'
import { number, wholeCall } from '../storage/whole-call.ts'
import { down, gone, orderOf, pass, startGround } from './support/recordings-ground.ts'

const DAY_MS = 86_400_000
const never = new AbortController().signal
const notThere = { status: 404, body: '{"code":20404,"message":"x","status":404}' }

/** A recording that was left so many days ago. */
async function leave(
  { calls }: Records,
  sid: string,
  { clock, days }: { clock: VirtualClock; days: number },
) {
  const message = { messageId: `message_${sid}`, kind: 'recording', recordingSid: sid, durationSeconds: 5 }
  const at = { callSid: newCallSid(), from: number, receivedAtMs: clock.wallMs() - days * DAY_MS }
  await calls.insertMessage({ ...message, ...at, kind: 'recording' })
}

/** What the records still know of, the newest first. */
async function kept({ messages }: Records): Promise<readonly string[]> {
  return (await messages.page({ maxMessages: 2_000 }))?.map(({ messageId }) => messageId) ?? []
}

describe('deleteOldRecordings()', () => {
  it('deletes what is too old, one after the other, and forgets what is gone, and nothing else', async () => {
    using folder = temporaryFolder()
    await using ground = await startGround(folder.path)
    const { parts, records, recordings, network, sent, lines } = ground
    for (const [sid, days] of Object.entries({ RE1: 33, RE2: 32, RE3: 31, RE4: 29 }))
      await leave(records, sid, { clock: parts.clock, days })
    const words = { messageId: 'words', callSid: newCallSid(), from: number, receivedAtMs: 1 }
    await records.calls.insertMessage({ ...words, kind: 'words', text: 'Call me' })
    const answers = new Map([
      ['RE1', down],
      ['RE2', notThere],
    ])
    let underWay = 0
    network.answer = async (sid) => {
      underWay += 1
      expect(underWay).toBe(1)
      await turnOfTheLoop()
      underWay -= 1
      return answers.get(sid) ?? gone
    }
    await deleteOldRecordings(parts, records, { recordings, signal: never })
    expect(sent).toEqual(['RE1', 'RE2', 'RE3'].map(orderOf))
    expect(await kept(records)).toEqual(['message_RE4', 'message_RE1', 'words'])
    expect(lines).toMatchObject([
      { level: 'info', kind: 'recordingsDeleted', count: 2 },
      { level: 'warn', kind: 'recordingsLeft', count: 1, code: '503' },
    ])
    answers.clear()
    await deleteOldRecordings(parts, records, { recordings, signal: never })
    expect(sent.slice(3)).toEqual([orderOf('RE1')])
    expect(await kept(records)).toEqual(['message_RE4', 'words'])
    expect(JSON.stringify(lines)).not.toContain('0123"')
  })

  it('keeps none longer than its call is kept, and all while there is no telephone network', async () => {
    using folder = temporaryFolder()
    await using ground = await startGround(folder.path, { CALL_RETENTION_DAYS: '5' })
    const { parts, records, recordings, sent, lines } = ground
    await leave(records, 'RE1', { clock: parts.clock, days: 6 })
    await leave(records, 'RE2', { clock: parts.clock, days: 4 })
    await deleteOldRecordings(parts, records, { recordings: undefined, signal: never })
    expect(lines).toMatchObject([{ kind: 'recordingsLeft', count: 1, code: 'noTelephony' }])
    await deleteOldRecordings(parts, records, { recordings, signal: never })
    expect(sent).toEqual([orderOf('RE1')])
    expect(await kept(records)).toEqual(['message_RE2'])
  })

  it('deletes a thousand in a day, the oldest first', async () => {
    using folder = temporaryFolder()
    await using ground = await startGround(folder.path)
    const { parts, records, recordings, lines } = ground
    const { clock } = parts
    const sids = Array.from({ length: 1_001 }, (_, index) => `RE${index}`)
    await Promise.all(sids.map((sid, index) => leave(records, sid, { clock, days: 2_000 - index })))
    await deleteOldRecordings(parts, records, { recordings, signal: never })
    expect(await kept(records)).toEqual(['message_RE1000'])
    expect(lines).toMatchObject([{ kind: 'recordingsDeleted', count: 1_000 }])
  })
})

describe('keepRecords()', () => {
  it('tries again the next day what was not deleted, also after a call was removed, and ends at the stop', async () => {
    using folder = temporaryFolder()
    await using ground = await startGround(folder.path)
    const { records, recordings, network, sent, lines } = ground
    const { clock } = ground.parts
    using metrics = createMetrics()
    const callSid = await wholeCall(records, { from: number, atMs: clock.wallMs() - 400 * DAY_MS })
    const messageId = `RE${callSid.slice(2)}`
    network.answer = async () => down
    const run = { mode: 'live', version: '0.1.0', recordings }
    const keeping = await keepRecords({ ...ground.parts, metrics }, records, run)
    await pass(clock, 60_000)
    // Each write of the retention waits for company.
    for (let writes = 0; writes < 20; writes += 1) await pass(clock, 1_000)
    expect(lines.map(({ kind }) => kind)).toContain('callsRemoved')
    expect(sent).toEqual([orderOf(messageId)])
    expect(await kept(records)).toEqual([messageId])
    network.answer = async () => gone
    await pass(clock, DAY_MS)
    expect(sent).toHaveLength(2)
    expect(await kept(records)).toEqual([])
    for (const sid of ['RE1', 'RE2']) await leave(records, sid, { clock, days: 31 })
    const { promise: silence } = Promise.withResolvers<typeof gone>()
    network.answer = () => silence
    await pass(clock, DAY_MS)
    expect(sent).toHaveLength(3)
    await keeping[Symbol.asyncDispose]()
    expect(sent).toHaveLength(3)
    expect(await kept(records)).toEqual(['message_RE2', 'message_RE1'])
    expect(lines.filter(({ kind }) => kind === 'recordingsLeft')).toHaveLength(1)
    expect(clock.pendingTimers()).toBe(0)
  })
})

describe('deleteErasedRecordings()', () => {
  it('tries each three times, and logs and answers what is left', async () => {
    using folder = temporaryFolder()
    await using ground = await startGround(folder.path)
    const { parts, recordings, network, sent, lines } = ground
    network.answer = async (sid) => (sid === 'RE1' || (sid === 'RE2' && sent.length < 4) ? down : gone)
    const deleting = deleteErasedRecordings(parts, ['RE1', 'RE2', 'RE3'], { recordings, signal: never })
    for (const waitMs of [0, 1_000, 4_000]) await pass(parts.clock, waitMs)
    expect(await deleting).toEqual(['RE1'])
    expect(sent).toEqual(['RE1', 'RE2', 'RE3', 'RE1', 'RE2', 'RE1'].map(orderOf))
    expect(lines).toMatchObject([
      { level: 'info', kind: 'recordingsDeleted', count: 2 },
      { level: 'warn', kind: 'recordingLeft', messageId: 'RE1', code: '503' },
    ])
    expect(parts.clock.pendingTimers()).toBe(0)
  })

  it('leaves the rest at the stop, and after a minute', async () => {
    using folder = temporaryFolder()
    await using ground = await startGround(folder.path)
    const { parts, recordings, network, sent, lines } = ground
    const { clock } = parts
    network.answer = async () => down
    const stop = new AbortController()
    const stopped = deleteErasedRecordings(parts, ['RE1'], { recordings, signal: stop.signal })
    await pass(clock, 0)
    stop.abort()
    expect(await stopped).toEqual(['RE1'])
    expect(lines).toMatchObject([{ kind: 'recordingLeft', messageId: 'RE1', code: 'aborted' }])
    // Each waits 8 s for an answer: 56 s, and the eighth does not come to its end.
    sent.length = 0
    const { promise: silence } = Promise.withResolvers<typeof gone>()
    network.answer = () => silence
    const sids = Array.from({ length: 20 }, (_, index) => `RE${index}`)
    const late = deleteErasedRecordings(parts, sids, { recordings, signal: never })
    for (const waitMs of [0, ...Array<number>(7).fill(8_000), 4_000]) await pass(clock, waitMs)
    expect(await late).toEqual(sids)
    expect(sent).toEqual(sids.slice(0, 8).map(orderOf))
    expect(clock.pendingTimers()).toBe(0)
  })
})
