import type { RecordingUpdate } from '../ports/incoming-calls.ts'
import type { CallPorts } from './plan.ts'

/** Keeps a message that a caller left at the network, once, and tells the owner: it is durable before anything is sent. */
export async function keepVoiceMessage(update: RecordingUpdate, ports: CallPorts): Promise<void> {
  const { callSid, recordingSid, durationSeconds } = update
  const { clock, storage, ownerNotice, log } = ports
  const call = await storage.findCall(callSid)
  if (!call) return
  const message = {
    messageId: recordingSid,
    callSid,
    from: call.from,
    kind: 'recording',
    recordingSid,
    durationSeconds,
    receivedAtMs: Math.round(clock.wallMs()),
  } as const
  if (!(await storage.insertMessage(message))) return
  log.forCall(callSid).event('info', 'messageLeft', { durationMs: durationSeconds * 1_000 })
  await ownerNotice.messageKept(message)
}
