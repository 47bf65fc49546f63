import type { IncomingCalls } from '../ports/incoming-calls.ts'
import type { Errands } from './errands.ts'

/** The calls of this process, of which one that names an intent is only taken when it is the call of that intent. */
export function errandCalls(calls: IncomingCalls, errands: Pick<Errands, 'begin'>): IncomingCalls {
  return {
    async offer(offer) {
      if (offer.ref !== undefined && !(await errands.begin(offer))) return { kind: 'hangUp' }
      return await calls.offer(offer)
    },
    claimNonce: (nonce) => calls.claimNonce(nonce),
    attach: (stream) => calls.attach(stream),
    afterStream: (callSid, report) => calls.afterStream(callSid, report),
    onRecording: (update) => calls.onRecording(update),
    onStatus: (update) => calls.onStatus(update),
    onStreamStatus: (update) => calls.onStreamStatus(update),
  }
}
