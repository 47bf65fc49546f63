import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { MessageRecord } from '../../src/ports/storage.ts'
import { messages as oldMessages } from '../../src/storage/migrations/0002-messages.ts'
import { messageWords } from '../../src/storage/migrations/0017-message-words.ts'
import { openSqlite } from '../../src/storage/sqlite.ts'
import { temporaryFolder } from './opening.ts'
import { onBothDatabases } from './places.ts'
import { newCallSid, startedAtMs } from './records.ts'

const caller = '+14155550123'

function words(messageId: string, afterMs: number, more: object = {}): MessageRecord {
  const receivedAtMs = startedAtMs + afterMs
  return {
    messageId,
    callSid: newCallSid(),
    from: caller,
    receivedAtMs,
    kind: 'words',
    text: 'Hi\n“there” 👋',
    ...more,
  }
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: messages`, () => {
    it('keeps words and recordings as they are, once', async () => {
      await using records = await (await newPlace()).open()
      const { calls, messages } = records
      const taken = words('intent_xabc', 1, { callerName: 'Ann', callBack: 'tonight', notice: 'sent' })
      const recorded: MessageRecord = {
        messageId: 'RE1',
        callSid: newCallSid(),
        from: caller,
        receivedAtMs: startedAtMs + 2,
        kind: 'recording',
        recordingSid: 'RE1',
        durationSeconds: 7,
      }
      for (const message of [taken, recorded]) expect(await calls.insertMessage(message)).toBe(true)
      expect(await calls.insertMessage({ ...taken, from: 'other' })).toBe(false)
      expect(await messages.page({ maxMessages: 9 })).toStrictEqual([recorded, taken])
      expect(await messages.find('intent_xabc')).toStrictEqual(taken)
      expect(await messages.find('intent_xabd')).toBeUndefined()
    })

    it('page() goes on after a message, the newest first, also among those of one moment', async () => {
      await using records = await (await newPlace()).open()
      const { calls, messages } = records
      const all = [words('m1', 0), words('m3', 5), words('m2', 5), words('m4', 9)]
      for (const message of all) await calls.insertMessage(message)
      const ids = async (afterId: string | undefined, maxMessages: number) =>
        (await messages.page({ ...(afterId !== undefined && { afterId }), maxMessages }))?.map(
          ({ messageId }) => messageId,
        )
      expect(await ids(undefined, 2)).toEqual(['m4', 'm3'])
      expect(await ids('m3', 2)).toEqual(['m2', 'm1'])
      expect(await ids('m1', 2)).toEqual([])
      expect(await messages.remove('m3')).toBe(true)
      expect(await messages.remove('m3')).toBe(false)
      expect(await ids(undefined, 9)).toEqual(['m4', 'm2', 'm1'])
      expect(await ids('m3', 9)).toBeUndefined()
    })

    it('recordingsBefore() answers recordings alone, the oldest first, and no more than asked for', async () => {
      await using records = await (await newPlace()).open()
      const { calls, messages } = records
      const recorded = (sid: string, afterMs: number): MessageRecord => ({
        ...words(`message_${sid}`, afterMs),
        kind: 'recording',
        recordingSid: sid,
        durationSeconds: 7,
      })
      const all = [recorded('RE1', 2), recorded('RE2', 0), recorded('RE3', 1), words('m1', 0)]
      for (const message of all) await calls.insertMessage(message)
      const before = async (afterMs: number, maxMessages: number) =>
        await messages.recordingsBefore({ beforeMs: startedAtMs + afterMs, maxMessages })
      const [oldest, next] = ['RE2', 'RE3'].map((sid) => ({ messageId: `message_${sid}`, recordingSid: sid }))
      expect(await before(2, 9)).toEqual([oldest, next])
      expect(await before(9, 1)).toEqual([oldest])
      expect(await before(0, 9)).toEqual([])
    })

    it('is struck out of and removed by an erasure: what somebody left, and their number in what others left', async () => {
      await using records = await (await newPlace()).open()
      const { calls, messages, upkeep } = records
      await calls.insertMessage(words('m1', 0))
      await calls.insertMessage(
        words('m2', 1, { from: '+14155550124', text: 'Ann is at 415 555 0123', callBack: '+14155550123' }),
      )
      expect(await upkeep.erase(caller, { actor: 'server' })).toMatchObject({ kind: 'erased', mentions: 1 })
      expect(await messages.page({ maxMessages: 9 })).toMatchObject([
        { messageId: 'm2', text: 'Ann is at …', callBack: '…' },
      ])
    })
  })
})

describe('the step that lets messages be words', () => {
  it('carries over what was there', async () => {
    using folder = temporaryFolder()
    const database = openSqlite(join(folder.path, 'old.db'))
    const { writer } = database
    await oldMessages.up(writer)
    const old = {
      message_id: 'RE1',
      call_sid: 'CA1',
      from_number: caller,
      recording_sid: 'RE1',
      duration_seconds: 7,
      received_at: '2026-11-20T09:00:00.000Z',
      notice: 'sent',
    }
    await sql`insert into messages (${sql.join(Object.keys(old).map((name) => sql.ref(name)))})
      values (${sql.join(Object.values(old))})`.execute(writer)
    await messageWords.up(writer)
    const noWords = { body: null, caller_name: null, call_back: null }
    expect(await writer.selectFrom('messages').selectAll().execute()).toEqual([
      { ...old, ...noWords, kind: 'recording' },
    ])
    await database.close()
  })
})
