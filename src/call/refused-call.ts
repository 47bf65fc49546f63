import type { CallOffer } from '../ports/incoming-calls.ts'
import type { CallPorts } from './plan.ts'

/** Writes down a call that was not taken: it leaves a record like any other. */
export async function recordRefusedCall(
  { callSid, direction, from, to }: CallOffer,
  { clock, storage }: Pick<CallPorts, 'clock' | 'storage'>,
): Promise<void> {
  const atMs = Math.round(clock.wallMs())
  await storage.insertCall({
    callSid,
    direction,
    from,
    to,
    persona: 'none',
    actor: 'external',
    status: 'ringing',
    startedAtMs: atMs,
    endedAtMs: atMs,
    ending: 'refused',
  })
}
