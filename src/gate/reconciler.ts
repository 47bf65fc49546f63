import type { Clock } from '../lib/clock.ts'
import type { EffectCallbacks, TextStatusUpdate } from '../ports/effect-callbacks.ts'
import type { EffectStorage, OutcomeRecord } from '../ports/effects.ts'
import type { CallStatusUpdate } from '../ports/incoming-calls.ts'
import type { Log } from '../ports/log.ts'

type Word = Pick<OutcomeRecord, 'state' | 'code'>

/**
 * What the network tells of an effect later is a better word than ours: `unknown` becomes known, and what it only took
 * becomes what it delivered, or did not. Words only come forward, and none is believed of an effect that is not of that
 * tool, or that the network calls by another name.
 */
export class Reconciler implements EffectCallbacks {
  readonly #effects: Pick<EffectStorage, 'findIntent' | 'reconcileIntent'>
  readonly #clock: Clock
  readonly #log: Log

  constructor(ports: {
    readonly effects: Pick<EffectStorage, 'findIntent' | 'reconcileIntent'>
    readonly clock: Clock
    readonly log: Log
  }) {
    this.#effects = ports.effects
    this.#clock = ports.clock
    this.#log = ports.log
  }

  async onTextStatus({ ref, messageSid, status, errorCode }: TextStatusUpdate): Promise<void> {
    const word = wordOfText(status, errorCode)
    if (ref === undefined || !word) return
    await this.#believe(word, { ref, tool: 'send_sms', providerId: messageSid })
  }

  async onCallStatus(update: CallStatusUpdate & { readonly ref: string }): Promise<void> {
    const { ref, callSid, status, errorCode } = update
    const word = wordOfCall(status, errorCode)
    if (word) await this.#believe(word, { ref, tool: 'make_call', providerId: callSid })
  }

  async #believe(
    word: Word,
    of: { readonly ref: string; readonly tool: string; readonly providerId: string },
  ): Promise<void> {
    const { ref, tool, providerId } = of
    const intent = await this.#effects.findIntent(ref)
    const outcome = { ...word, providerId, settledAtMs: Math.round(this.#clock.wallMs()) }
    const verdict =
      intent?.tool === tool ? await this.#effects.reconcileIntent(ref, outcome) : ('foreign' as const)
    if (verdict === 'foreign') this.#log.event('warn', 'callbackForeign', { tool })
    if (verdict === 'better') {
      const { state: status, code } = word
      this.#log.event('info', 'effectReconciled', { tool, status, ...(code !== undefined && { code }) })
    }
  }
}

function wordOfText(status: TextStatusUpdate['status'], errorCode: string | undefined): Word | undefined {
  switch (status) {
    case 'accepted':
    case 'sent':
      return { state: 'done' }
    case 'delivered':
      return { state: 'done', code: 'delivered' }
    case 'undelivered':
    case 'failed':
    case 'canceled':
      return { state: 'failed', code: errorCode ?? status }
    case 'unknown':
      return undefined
  }
}

/** A call that nobody took has reached nobody: to have placed it is then no deed. */
function wordOfCall(status: CallStatusUpdate['status'], errorCode: string | undefined): Word | undefined {
  switch (status) {
    case 'queued':
    case 'initiated':
    case 'ringing':
    case 'in-progress':
      return { state: 'done' }
    case 'completed':
      return { state: 'done', code: 'completed' }
    case 'busy':
    case 'no-answer':
    case 'canceled':
      return { state: 'failed', code: status }
    case 'failed':
      return { state: 'failed', code: errorCode ?? status }
    case 'unknown':
      return undefined
  }
}
