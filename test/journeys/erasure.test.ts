import { describe, expect, it } from 'vitest'
import { startVirtualRehearsal, type VirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { newCallSid } from '../storage/records.ts'
import { leaksIn, play, scenarioOf, useVirtualRehearsal } from './support.ts'

const rehearsal = useVirtualRehearsal()

/** Somebody leaves a message while the model is down; what the network calls its recording. */
async function leaveMessage({ virtual }: VirtualRehearsal, from: string): Promise<string> {
  const scenario = await scenarioOf(rehearsal(), 'model-is-down', from)
  const { record } = await virtual.time.until(play(rehearsal(), scenario))
  const [message] = record.messages
  if (message?.kind !== 'recording') throw new Error('No recording was left')
  return message.recordingSid
}

/** The orders to delete that the network got, each with its status. */
function deletionsAt({ world }: VirtualRehearsal): readonly string[] {
  const deletions: string[] = []
  world.watch(({ side, entry }) => {
    if (side === 'twilio' && entry.kind === 'rest' && entry.method === 'DELETE')
      deletions.push(`${/RE\w+/.exec(entry.path)?.[0]} ${entry.status}`)
  })
  return deletions
}

describe('somebody who left messages, and is erased by a running server', { timeout: 30_000 }, () => {
  it('has no recording left at the network, though it did not answer at first', async () => {
    const from = '+14155550131'
    const sids = [await leaveMessage(rehearsal(), from), await leaveMessage(rehearsal(), from)]
    const deletions = deletionsAt(rehearsal())
    rehearsal().world.twilio.failRest({ request: 'any', answer: '503', count: 1 })
    const report = await rehearsal().virtual.time.until(rehearsal().erase(from))
    expect(report).toMatchObject({ kind: 'erased', callSids: [{}, {}], recordingSids: [] })
    expect(deletions.map((line) => line.slice(-3))).toEqual(['503', '204', '204'])
    expect(new Set(deletions.map((line) => line.slice(0, 34)))).toEqual(new Set(sids))
  })

  it('is reported with what the network kept, by its names', async () => {
    const from = '+14155550132'
    const sid = await leaveMessage(rehearsal(), from)
    const deletions = deletionsAt(rehearsal())
    using down = rehearsal().world.twilio.failRest({ request: 'any', answer: '500' })
    const report = await rehearsal().virtual.time.until(rehearsal().erase(from))
    expect(report).toMatchObject({ kind: 'erased', callSids: [{}], recordingSids: [sid] })
    down[Symbol.dispose]()
    expect(deletions).toEqual(Array(3).fill(`${sid} 500`))
    expect(leaksIn(rehearsal())).toEqual([])
  })
})

describe('a message that is too old', { timeout: 30_000 }, () => {
  it('is deleted at the network by a running server, and then forgotten', async () => {
    using folder = temporaryFolder()
    const sid = `RE${'0a'.repeat(16)}`
    const left = { messageId: sid, kind: 'recording', recordingSid: sid, durationSeconds: 5 } as const
    {
      await using before = await openedRecords(folder.path, { commits: 'loop' })
      const from = '+14155550133'
      await before.calls.insertMessage({ ...left, callSid: newCallSid(), from, receivedAtMs: 1 })
    }
    {
      const env = { PORT: '0', MAX_LOOP_DELAY_MS: '60000', DATA_DIR: folder.path }
      await using own = await startVirtualRehearsal({ env, logTo: { write: () => undefined } })
      const deletions = deletionsAt(own)
      await own.virtual.time.pass(61_000)
      // The network of a rehearsal has never heard of it.
      expect(deletions).toEqual([`${sid} 404`])
    }
    await using records = await openedRecords(folder.path, { commits: 'loop' })
    expect(await records.messages.find(sid)).toBeUndefined()
  })
})
