import type { RecordingUpdate } from '../ports/incoming-calls.ts'
import type { CallPorts } from './plan.ts'

/**
 * Keeps a message that a caller left at the network, once, and tells the owner of it, once: the message is durable
 * before anything is sent, and what became of the notice is written behind it. An unclear outcome is not tried again.
 */
export async function keepVoiceMessage(update: RecordingUpdate, ports: CallPorts): Promise<void> {
  const { callSid, recordingSid, durationSeconds } = update
  const { clock, storage, ownerNotice, log } = ports
  const call = await storage.findCall(callSid)
  if (!call) return
  const isNew = await storage.insertMessage({
    messageId: recordingSid,
    callSid,
    from: call.from,
    kind: 'recording',
    recordingSid,
    durationSeconds,
    receivedAtMs: Math.round(clock.wallMs()),
  })
  if (!isNew) return
  const calls = log.forCall(callSid)
  calls.event('info', 'messageLeft', { durationMs: durationSeconds * 1_000 })
  const notice = await ownerNotice.messageLeft({ from: call.from, durationSeconds, recordingSid })
  calls.event(notice === 'sent' || notice === 'none' ? 'info' : 'error', 'ownerTold', { status: notice })
  await storage.setNotice(recordingSid, notice)
}
