import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashOf } from '../../src/storage/audit-chain.ts'
import type { AuditTable } from '../../src/storage/schema.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { newCallSid } from './records.ts'

/** A database for audit logs, and a way to tamper with it behind the back of the program. */
export type AuditPlace = {
  open(): Promise<Records>
  /** Runs statements with no guard in their way; the guards stand again afterwards. */
  tamper(sql: string): Promise<void>
  /** Runs statements as they are. */
  run(sql: string): Promise<readonly Record<string, unknown>[]>
}

/** Statements of one database's own. */
export type AuditStatements = {
  /** Must be refused. */
  readonly refused: readonly string[]
  /** Take away one guard, or make it do nothing. */
  readonly unguarding: readonly string[]
}

const hash = 'ab'.repeat(32)
const lengthOfChain = 12

async function recordSome(records: Records, count = lengthOfChain): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await records.audit.record({
      kind: 'decision',
      actor: 'person_0a1b2c3d4e5f60718293a4b5',
      strength: 'S2',
      session: newCallSid(),
      tool: 'send_sms',
      argumentsHash: hash,
      data: { decision: 'confirm', reasons: ['highRisk'], count: index },
    })
  }
}

/** Statements that write a row anew as somebody would who knows how hashes are made. */
function forged(
  rows: readonly AuditTable[],
  { index, change }: { readonly index: number; readonly change: Partial<AuditTable> },
): string {
  const row = rows[index]
  if (!row) throw new RangeError(`Cannot forge: there is no row ${index}`)
  // The bare driver answers 64-bit integers as text.
  const forgery = { ...row, monotonic_ms: Number.parseInt(`${row.monotonic_ms}`, 10), ...change }
  const set = Object.entries({ ...change, hash: hashOf(forgery) }).map(
    ([name, value]) => `${name} = '${value}'`,
  )
  return `update audit set ${set.join(', ')} where seq = ${row.seq}`
}

/** Statements that remove what follows a record, as if it had never been. */
function cutAfter(seq: number): string {
  return `delete from audit where seq > ${seq};
    update audit_head set seq = ${seq}, hash = (select hash from audit where seq = ${seq})`
}

/** What every audit log must do, whatever is below it. */
export function auditContract(
  name: string,
  newPlace: () => Promise<AuditPlace>,
  { refused, unguarding }: AuditStatements,
): void {
  describe(`${name}: audit`, () => {
    it('record() numbers from 1 without gaps, links each to the one before, and page() tells them', async () => {
      const place = await newPlace()
      await using records = await place.open()
      const first = await records.audit.record({ kind: 'start', actor: 'server', data: { mode: 'live' } })
      const second = await records.audit.record({
        kind: 'outcome',
        strength: 'S4',
        actor: 'key:ci',
        data: { state: 'done', elapsedMs: 7, reasons: ['b', 'a'] },
      })
      const page = await records.audit.page({ afterSeq: 0, maxRecords: 10 })
      expect(page).toMatchObject([
        { seq: 1, kind: 'start', prev: '0'.repeat(64), hash: first.hash, data: { mode: 'live' } },
        {
          seq: 2,
          kind: 'outcome',
          actor: 'key:ci',
          strength: 'S4',
          prev: first.hash,
          hash: second.hash,
          data: { state: 'done', elapsedMs: 7, reasons: ['b', 'a'] },
        },
      ])
      expect(await records.audit.head()).toEqual(second)
      expect(await records.audit.page({ afterSeq: 1, maxRecords: 1 })).toMatchObject([{ seq: 2 }])
      expect(await records.audit.verify()).toEqual({ ok: true, firstSeq: 1, head: second })
    })

    it('keeps no gap and no fork when many are recorded at once and some writes beside them fail', async () => {
      const place = await newPlace()
      await using records = await place.open()
      const outcomes = await Promise.allSettled(
        Array.from({ length: 150 }, async (_, index) => {
          if (index % 10 === 3) {
            const nonce = { nonce: 'same', callSid: newCallSid(), issuedAtMs: 0, expiresAtMs: 1 }
            await records.calls.insertNonce(nonce)
            return undefined
          }
          return (await records.audit.record({ kind: 'auth', data: { count: index } })).seq
        }),
      )
      const seqs = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled' && outcome.value !== undefined ? [outcome.value] : [],
      )
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(14)
      expect(seqs.toSorted((one, other) => one - other)).toEqual(
        Array.from({ length: 135 }, (_, index) => index + 1),
      )
      expect(await records.audit.verify()).toMatchObject({ ok: true, head: { seq: 135 } })
    })

    it('keeps ids, codes, counts and hashes, and nothing else, whatever it is given', async () => {
      const place = await newPlace()
      await using records = await place.open()
      const data = { reason: 'Call +14155550123 now', count: 3, state: '14155550123', note: 'hello' }
      await records.audit.record({ kind: 'auth', actor: '+14155550123', data })
      expect(await records.audit.page({ afterSeq: 0, maxRecords: 1 })).toMatchObject([
        { kind: 'auth', data: { count: 3, omitted: 4 } },
      ])
      const rows = JSON.stringify(await place.run('select * from audit'))
      expect(rows).not.toMatch(/4155550123|hello|Call/)
    })

    it('the database itself refuses to change, to remove or to replace a record, and to set its end back', async () => {
      const place = await newPlace()
      await using records = await place.open()
      await recordSome(records, 3)
      for (const statement of [
        "update audit set data = '{}' where seq = 2",
        'update audit set seq = seq + 1 where seq = 3',
        'delete from audit where seq = 1',
        'delete from audit',
        'insert into audit select * from audit where seq = 2 on conflict (seq) do update set data = excluded.prev',
        'update audit_head set seq = 2',
        'update audit_head set removed_to = -1',
        'delete from audit_head',
        'insert into audit_head select * from audit_head where seq = 3 on conflict (id) do update set seq = 2',
        ...refused,
      ]) {
        await expect(place.run(statement)).rejects.toThrow('audit is append-only')
      }
      expect(await records.audit.verify()).toMatchObject({ ok: true, head: { seq: 3 } })
    })
  })

  describe(`${name}: an audit log that was tampered with`, () => {
    /** Tampers with a chain; answers what verify() says, after openStorage() has refused to start on it. */
    async function verdictAfter(sql: (rows: readonly AuditTable[]) => string): Promise<unknown> {
      const place = await newPlace()
      const records = await place.open()
      await recordSome(records)
      const rows = (await place.run('select * from audit order by seq')) as unknown as AuditTable[]
      await place.tamper(sql(rows))
      const verdict = await records.audit.verify()
      await records[Symbol.asyncDispose]()
      await expect(place.open()).rejects.toMatchObject({ name: 'StorageError', code: 'corrupt' })
      return verdict
    }

    it('verify() names the record of which one character was changed, in whatever column', async () => {
      const columns = [
        'wall',
        'kind',
        'actor',
        'strength',
        'session',
        'tool',
        'arguments_hash',
        'data',
        'hash',
      ] as const
      const anyFlip = fc.record({
        seq: fc.integer({ min: 1, max: lengthOfChain }),
        column: fc.constantFrom(...columns),
        at: fc.nat(),
      })
      await fc.assert(
        fc.asyncProperty(anyFlip, async ({ seq, column, at }) => {
          const verdict = await verdictAfter((rows) => {
            const text = String(rows[seq - 1]?.[column])
            const place = at % text.length
            const other = String.fromCharCode(text.charCodeAt(place) ^ 1)
            const flipped = `${text.slice(0, place)}${other}${text.slice(place + 1)}`
            return `update audit set ${column} = '${flipped.replaceAll("'", "''")}' where seq = ${seq}`
          })
          expect(verdict).toEqual({ ok: false, seq, reason: 'changed' })
        }),
        { seed: 20_261_120, numRuns: 12 },
      )
    })

    it.each([
      ['monotonic_ms = monotonic_ms + 1 where seq = 4', 4],
      ['monotonic_ms = 9007199254740993 where seq = 5', 5],
      ['tool = null where seq = 9', 9],
      ['seq = 1000 where seq = 12', 12],
    ])('verify() finds out "%s"', async (change, seq) => {
      const reason = change.startsWith('seq') ? 'missing' : 'changed'
      expect(await verdictAfter(() => `update audit set ${change}`)).toEqual({ ok: false, seq, reason })
    })

    it.each([1, 5, lengthOfChain])('verify() names record %i when it was removed', async (seq) => {
      const verdict = await verdictAfter(() => `delete from audit where seq = ${seq}`)
      expect(verdict).toEqual({ ok: false, seq, reason: 'missing' })
    })

    it('verify() is not fooled by hashes that were made anew', async () => {
      const data = '{"decision":"allow"}'
      const other = 'cd'.repeat(32)
      const [first, middle, last] = [0, 4, lengthOfChain - 1]
      const forge = (index: number, change: Partial<AuditTable>) => (rows: readonly AuditTable[]) =>
        forged(rows, { index, change })
      expect(await verdictAfter(forge(middle, { data }))).toEqual({ ok: false, seq: 6, reason: 'unlinked' })
      expect(await verdictAfter(forge(middle, { prev: other }))).toEqual({
        ok: false,
        seq: 5,
        reason: 'unlinked',
      })
      expect(await verdictAfter(forge(first, { prev: other }))).toEqual({
        ok: false,
        seq: 1,
        reason: 'unlinked',
      })
      expect(await verdictAfter(forge(last, { data }))).toEqual({ ok: false, seq: 12, reason: 'unknownHead' })
    })

    it('verify() finds an end that is cut off, also when the head was set back or removed', async () => {
      const cut = 'delete from audit where seq > 8'
      expect(await verdictAfter(() => cut)).toEqual({ ok: false, seq: 9, reason: 'missing' })
      expect(await verdictAfter(() => `${cut}; update audit_head set seq = 8`)).toEqual({
        ok: false,
        seq: 8,
        reason: 'unknownHead',
      })
      expect(await verdictAfter(() => 'delete from audit_head')).toMatchObject({ reason: 'unknownHead' })
    })

    it('verify() finds an end that is cut off with all its traces in the log when an intent had its place there', async () => {
      const place = await newPlace()
      const records = await place.open()
      await recordSome(records, 3)
      const intent = {
        intentId: 'intent_0a1b2c3d4e5f',
        scope: newCallSid(),
        key: 'key',
        tool: 'make_call',
        argumentsHash: hash,
        sessionId: newCallSid(),
        actor: 'person_0a1b2c3d4e5f60718293a4b5',
        strength: 'S2',
        createdAtMs: 0,
      } as const
      expect(await records.effects.claimIntent(intent)).toEqual({ ok: true, auditSeq: 4 })
      await recordSome(records, 2)
      await place.tamper(cutAfter(4))
      expect(await records.audit.verify()).toMatchObject({ ok: true, head: { seq: 4 } })
      await place.tamper(cutAfter(2))
      expect(await records.audit.verify()).toEqual({ ok: false, seq: 3, reason: 'missing' })
      await records[Symbol.asyncDispose]()
      await expect(place.open()).rejects.toMatchObject({ name: 'StorageError', code: 'corrupt' })
    })

    it('verify() finds a beginning that is cut off without a checkpoint', async () => {
      const cut = 'update audit_head set removed_to = 4'
      expect(await verdictAfter(() => `${cut}; delete from audit where seq <= 4`)).toEqual({
        ok: false,
        seq: 4,
        reason: 'missing',
      })
      expect(await verdictAfter(() => cut)).toEqual({ ok: false, seq: 1, reason: 'unlinked' })
    })

    it.each(unguarding)(
      'verify() finds a guard that is gone or does nothing after "%s"',
      async (statement) => {
        const place = await newPlace()
        const records = await place.open()
        await recordSome(records, 2)
        await place.run(statement)
        expect(await records.audit.verify()).toEqual({ ok: false, seq: 2, reason: 'unguarded' })
        await records[Symbol.asyncDispose]()
        await expect(place.open()).rejects.toMatchObject({ code: 'corrupt' })
      },
    )
  })
}
