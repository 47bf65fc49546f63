import type { CallWorld } from './call-world.ts'
import type { FakeCall } from './fake-call.ts'
import type { OutboundAnswer } from './outbound-answer.ts'
import { USUAL_RING_MS } from './outbound-answer.ts'
import type { CallRequest } from './rest-calls.ts'
import type { Fields } from './signature.ts'
import { waitMs } from './wait.ts'

const DETECTION_MS = 2_400

/** Starts outbound calls one after another, at most one per interval of the account. */
export class Dialler {
  readonly #world: CallWorld
  #nextMs = -Infinity

  constructor(world: CallWorld) {
    this.#world = world
  }

  /** Dials a call when its turn comes; resolves when it was answered, or not. */
  async dial(call: FakeCall, request: CallRequest): Promise<void> {
    const { clock, limits, answerOutbound } = this.#world
    const startMs = Math.max(clock.nowMs(), this.#nextMs)
    this.#nextMs = startMs + limits.dialIntervalMs
    await waitMs(clock, startMs - clock.nowMs(), call.signal)
    if (!call.isLive()) return
    call.moveTo('initiated')
    call.moveTo('ringing')
    const answer = answerOutbound({
      callSid: call.sid,
      from: call.from,
      to: call.to,
      direction: 'outbound-api',
    })
    const ringMs = answer.kind === 'noAnswer' ? Infinity : (answer.afterMs ?? USUAL_RING_MS)
    const timeoutMs = request.timeoutS * 1_000
    await waitMs(clock, Math.min(ringMs, timeoutMs), call.signal)
    if (!call.isLive()) return
    if (ringMs > timeoutMs) call.end('callee', 'no-answer', [['SipResponseCode', '487']])
    else await this.#settle(call, request, answer)
  }

  async #settle(call: FakeCall, request: CallRequest, answer: OutboundAnswer): Promise<void> {
    switch (answer.kind) {
      case 'busy':
        return call.end('callee', 'busy', [['SipResponseCode', '486']])
      case 'noAnswer':
        return call.end('callee', 'no-answer', [['SipResponseCode', '487']])
      case 'failed':
        return call.end('callee', 'failed', [['SipResponseCode', `${answer.sipResponseCode ?? 404}`]])
      case 'answer':
        call.setCaller(answer.script, this.#world.speech)
        call.answer()
        return await this.#connect(call, request, answer)
    }
  }

  /** Runs the call's document: at once, or when detection is to come first. */
  async #connect(
    call: FakeCall,
    request: CallRequest,
    answer: Extract<OutboundAnswer, { kind: 'answer' }>,
  ): Promise<void> {
    const { amd, source } = request
    if (!amd) return call.run(source)
    if (amd.callback) call.run(source)
    await waitMs(this.#world.clock, DETECTION_MS, call.signal)
    if (!call.isLive()) return
    call.answeredBy = answer.answeredBy ?? 'human'
    const found: Fields = [
      ['AnsweredBy', call.answeredBy],
      ['MachineDetectionDuration', `${DETECTION_MS}`],
    ]
    if (!amd.callback) return call.run(source.kind === 'url' ? { ...source, fields: found } : source)
    const fields: Fields = [['CallSid', call.sid], ['AccountSid', this.#world.accountSid], ...found]
    call.notify({ purpose: 'amdStatus', ...amd.callback, fields })
  }
}
