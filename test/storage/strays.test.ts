import { describe, expect, it } from 'vitest'
import { openReader } from '../../src/storage/open-reader.ts'
import { onBothDatabases, type Place } from './places.ts'
import { newCallSid, ringingCall, turnOf } from './records.ts'
import { number, other } from './whole-call.ts'

const dayMs = 86_400_000
const rules = { transcriptDays: 30, callDays: 396, auditDays: 731 }
const atMs = Date.UTC(2026, 10, 20, 9)

/** Whose turns, streams and sessions there are. */
async function callSidsIn(place: Place): Promise<Readonly<Record<string, readonly string[]>>> {
  await using opened = await openReader(place)
  const found: Record<string, readonly string[]> = {}
  for (const table of ['turns', 'streams', 'sessions'] as const) {
    const rows = await opened?.read((db) =>
      db.selectFrom(table).select('call_sid').distinct().orderBy('call_sid').execute(),
    )
    found[table] = rows?.map((row) => row.call_sid) ?? []
  }
  return found
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: retain()`, () => {
    it('removes what belongs to no call after a day, however much there is, and nothing of a call', async () => {
      const place = await newPlace()
      await using records = await place.open()
      const { calls, upkeep } = records
      const known = { ...ringingCall(newCallSid()), startedAtMs: atMs }
      await calls.insertCall(known)
      const strays = Array.from({ length: 450 }, newCallSid)
      const owners = [...strays.slice(0, 225), known.callSid, ...strays.slice(225)].toSorted()
      const writes = owners.flatMap((callSid) => [
        calls.putTurn({ ...turnOf(callSid, 0), startedAtMs: atMs }),
        calls.putStream({ streamSid: `MZ${callSid}`, callSid, startedAtMs: atMs }),
        calls.putSession({ sessionKey: callSid, callSid, provider: 'p', model: 'm', startedAtMs: atMs }),
      ])
      await Promise.all([...writes, calls.flush()])
      await upkeep.retain(rules, { nowMs: atMs + dayMs - 1 })
      expect(await callSidsIn(place)).toEqual({ turns: owners, streams: owners, sessions: owners })
      await upkeep.retain(rules, { nowMs: atMs + dayMs + 1 })
      const left = [known.callSid]
      expect(await callSidsIn(place)).toEqual({ turns: left, streams: left, sessions: left })
    })

    it('forgets tries of a PIN after a day, of whoever else none comes', async () => {
      const place = await newPlace()
      await using records = await place.open()
      const nowMs = Date.now()
      await records.people.countPinTry(number)
      await records.people.countPinTry(other)
      const tries = async () => {
        await using opened = await openReader(place)
        return await opened?.read((db) => db.selectFrom('pin_tries').selectAll().execute())
      }
      await records.upkeep.retain(rules, { nowMs: nowMs + dayMs / 2 })
      expect(await tries()).toHaveLength(2)
      await records.upkeep.retain(rules, { nowMs: nowMs + 2 * dayMs })
      expect(await tries()).toEqual([])
    })
  })
})
