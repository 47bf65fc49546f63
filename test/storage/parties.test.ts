import { describe, expect, it } from 'vitest'
import type { Records } from '../../src/storage/open-storage.ts'
import { partiesOf } from '../../src/storage/parties.ts'
import { openReader } from '../../src/storage/open-reader.ts'
import { onBothDatabases } from './places.ts'
import { newCallSid, ringingCall } from './records.ts'
import { number, wholeCall } from './whole-call.ts'

const theirs = [
  'sip:+14155550123@example.org',
  'sips:+14155550123@example.org',
  'sip:14155550123@trunk.example.net;transport=udp',
  'sip:%2B1-415-555-0123@example.org',
]
const notTheirs = [
  'sip:+141555501234@example.org',
  'sip:4155550123@example.org',
  'sip:ann@14155550123.example.org',
  'client:+14155550123',
]

async function callsFrom(records: Records, addresses: readonly string[]): Promise<readonly string[]> {
  const sids: string[] = []
  for (const from of addresses) {
    const callSid = newCallSid()
    const ended = { endedAtMs: 9, ending: 'callerHungUp', status: 'completed' } as const
    await records.calls.insertCall({ ...ringingCall(callSid), from, ...ended })
    const message = { messageId: `message_${callSid}`, callSid, from, kind: 'words', text: 'hi' } as const
    await records.calls.insertMessage({ ...message, receivedAtMs: 1 })
    sids.push(callSid)
  }
  return sids
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: partiesOf()`, () => {
    it('finds the addresses of SIP whose user is the number, and no others', async () => {
      const place = await newPlace()
      await using records = await place.open()
      await callsFrom(records, [...theirs, ...notTheirs, number])
      await using opened = await openReader(place)
      if (!opened) throw new Error('There is no database')
      const found = await partiesOf(opened.read, number)
      expect(found.toSorted()).toEqual([number, ...theirs].toSorted())
    })

    it('finds them behind more than a page of others', async () => {
      const place = await newPlace()
      await using records = await place.open()
      const crowd = Array.from({ length: 600 }, (_, index) => `sip:+100000${1000 + index}@example.org`)
      await Promise.all(
        [...crowd, 'sip:+14155550123@z'].map((from) =>
          records.calls.insertCall({ ...ringingCall(newCallSid()), from }),
        ),
      )
      await using opened = await openReader(place)
      if (!opened) throw new Error('There is no database')
      const found = await partiesOf(opened.read, number)
      expect(found).toEqual([number, 'sip:+14155550123@z'])
    })
  })

  describe(`${name}: erase()`, () => {
    it('removes calls and messages of their SIP addresses, in both directions, and waits for such a call', async () => {
      await using records = await (await newPlace()).open()
      const { calls, upkeep } = records
      const gone = await callsFrom(records, theirs)
      const kept = await callsFrom(records, notTheirs)
      const ours = await wholeCall(records, { from: '+14155550101', atMs: 1 })
      const outbound = newCallSid()
      await calls.insertCall({
        ...ringingCall(outbound),
        to: 'sip:+14155550123@callee.example.org',
        direction: 'outbound',
      })
      expect(await upkeep.erase(number, {})).toEqual({ kind: 'callLive' })
      await Promise.all([calls.patchCall(outbound, { endedAtMs: 1 }), calls.flush()])
      expect(await upkeep.erase(number, {})).toMatchObject({ kind: 'erased' })
      for (const callSid of [...gone, outbound]) expect(await calls.findCall(callSid)).toBeUndefined()
      for (const callSid of [...kept, ours]) expect(await calls.findCall(callSid)).toBeDefined()
      const left = await records.messages.page({ maxMessages: 99 })
      expect(left?.map(({ from }) => from).toSorted()).toEqual([...notTheirs, '+14155550101'].toSorted())
    })
  })
})
