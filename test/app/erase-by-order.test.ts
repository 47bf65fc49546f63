import { describe, expect, it } from 'vitest'
import { eraseByOrder } from '../../src/app/erase-by-order.ts'
import { temporaryFolder } from '../storage/opening.ts'
import { number, wholeCall } from '../storage/whole-call.ts'
import { down, orderOf, pass, startGround } from './support/recordings-ground.ts'

describe('eraseByOrder()', () => {
  it('deletes recordings once the records are gone, and at the stop reports those that are left', async () => {
    using folder = temporaryFolder()
    await using ground = await startGround(folder.path)
    const { parts, records, recordings, network, sent, lines } = ground
    const { clock } = parts
    const callSid = await wholeCall(records, { from: number, atMs: clock.wallMs() })
    const recordingSid = `RE${callSid.slice(2)}`
    const found: unknown[] = []
    network.answer = async () => {
      found.push(await records.messages.find(recordingSid))
      return down
    }
    const erasing = eraseByOrder(parts, records, recordings)
    const erased = erasing.erase(number)
    while (found.length === 0) await pass(clock, 0)
    erasing[Symbol.dispose]()
    const left = { callSids: [callSid], recordingSids: [recordingSid] }
    expect(await erased).toMatchObject({ kind: 'erased', ...left })
    expect(sent).toEqual([orderOf(recordingSid)])
    expect(found).toEqual([undefined])
    expect(lines).toMatchObject([
      { kind: 'erasure', status: 'erased', count: 1 },
      { kind: 'recordingLeft', messageId: recordingSid },
    ])
    expect(JSON.stringify(lines)).not.toContain('0123"')
    expect(clock.pendingTimers()).toBe(0)
  })
})
