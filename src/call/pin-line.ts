import type { Clock, Timer } from '../lib/clock.ts'
import {
  initialPin,
  isEnteringPin,
  maxPinTriesPerDay,
  type PinEffect,
  type PinEvent,
  pinRestAtMs,
  type PinState,
  stepPin,
} from '../policy/pin.ts'
import type { AuditData } from '../ports/audit.ts'
import { pinSentence } from '../prompts/pin-sentences.ts'
import type { CallPlan, CallPorts } from './plan.ts'

/** What the entry of a PIN leads to on its call. */
export type PinListener = {
  /** Keys are being pressed, or no more: meanwhile nobody but the server hears the caller. */
  onEntering(isEntering: boolean): void
  /** The PIN was right. @returns whether a question follows, which says as much */
  onRight(): boolean
  /** No PIN is taken any more. */
  onRefused(): void
  /** Words for the caller. */
  say(text: string): void
}

/** Whether a call begins as one in which a PIN may be entered: an owner's number, and there is a PIN. */
export function takesPin(plan: CallPlan, { gate }: Pick<CallPorts, 'gate'>): boolean {
  return plan.strength({ pinRight: false, transferred: false }) !== 'S0' && gate.isPin !== undefined
}

/**
 * The entry of the owner's PIN in one call. The digits go from the keypad to the comparison and nowhere else.
 * INVARIANT: a try is counted on disk before it is compared, and a right one lifts nobody before the audit log has it.
 */
export class PinLine implements Disposable {
  readonly #plan: CallPlan
  readonly #ports: Pick<CallPorts, 'clock' | 'gate' | 'background'>
  readonly #actorId: () => Promise<string>
  readonly #isTransferred: () => boolean
  readonly #listener: PinListener
  readonly #clock: Clock
  #state: PinState
  #loading: Promise<void> | undefined
  #timer: Timer | undefined

  constructor(options: {
    readonly plan: CallPlan
    readonly ports: Pick<CallPorts, 'clock' | 'gate' | 'background'>
    readonly actorId: () => Promise<string>
    /** Whether the call was handed to somebody else. */
    readonly isTransferred: () => boolean
    readonly listener: PinListener
  }) {
    this.#plan = options.plan
    this.#ports = options.ports
    this.#actorId = options.actorId
    this.#isTransferred = options.isTransferred
    this.#listener = options.listener
    this.#clock = options.ports.clock
    this.#state = initialPin({ offered: takesPin(options.plan, options.ports), triesToday: 0 })
  }

  get state(): PinState {
    return this.#state
  }

  /** Finds out how often a PIN was tried from this number today. Rejects with StorageError. */
  load(): Promise<void> {
    if (this.#state.kind === 'refused') return Promise.resolve()
    this.#loading ??= this.#load()
    return this.#loading
  }

  /** A key was pressed while no question was open. */
  key(key: string): void {
    if (this.#state.kind === 'refused' || this.#state.kind === 'right') return
    this.#step({ kind: 'key', key, atMs: this.#clock.nowMs() })
  }

  /** A question was opened: the keypad belongs to it. */
  interrupt(): void {
    this.#step({ kind: 'interrupted' })
  }

  /** The call is over. */
  [Symbol.dispose](): void {
    this.#timer?.cancel()
    this.#state = { kind: 'refused', reason: 'notOffered' }
  }

  async #load(): Promise<void> {
    const triesToday = await this.#ports.gate.people.pinTries(this.#plan.from)
    const known = initialPin({ offered: true, triesToday })
    if (known.kind === 'refused' && this.#state.kind === 'waiting') this.#state = known
  }

  #step(event: PinEvent): void {
    const wasEntering = isEnteringPin(this.#state)
    const { state, effects } = stepPin(this.#state, event)
    this.#state = state
    const isEntering = isEnteringPin(state)
    if (isEntering !== wasEntering) this.#listener.onEntering(isEntering)
    this.#setTimer()
    for (const effect of effects) this.#perform(effect)
  }

  #setTimer(): void {
    this.#timer?.cancel()
    const restAtMs = pinRestAtMs(this.#state)
    if (restAtMs === undefined) return
    const delayMs = Math.max(0, restAtMs - this.#clock.nowMs())
    this.#timer = this.#clock.setTimer(delayMs, () =>
      this.#step({ kind: 'rested', atMs: this.#clock.nowMs() }),
    )
  }

  #perform(effect: PinEffect): void {
    switch (effect.kind) {
      case 'checkPin':
        return this.#ports.background('checkPin', this.#check(effect.digits))
      case 'pinRight':
        if (!this.#listener.onRight()) this.#listener.say(pinSentence('right'))
        return
      case 'pinWrong':
        return this.#listener.say(pinSentence({ triesLeft: effect.triesLeft }))
      case 'pinUnreadable':
        return this.#listener.say(pinSentence('unreadable'))
      case 'pinUncheckable':
        return this.#listener.say(pinSentence('uncheckable'))
      case 'pinRefused':
        this.#ports.background('auditPin', this.#audit({ state: 'refused', reason: effect.reason }))
        this.#listener.onRefused()
        return this.#listener.say(pinSentence('refused'))
    }
  }

  /** What cannot be counted, compared or recorded is no try that could be right. */
  async #check(digits: string): Promise<void> {
    try {
      const { people, isPin } = this.#ports.gate
      const triesToday = await people.countPinTry(this.#plan.from)
      // Of a try that is one too many nobody finds out whether it was right.
      const isOne = triesToday <= maxPinTriesPerDay
      const right = isOne && (await isPin?.(digits)) === true
      if (isOne) await this.#audit({ state: right ? 'right' : 'wrong', attempts: triesToday })
      this.#step({ kind: 'checked', right, triesToday })
    } catch (error) {
      this.#step({ kind: 'uncheckable' })
      throw error
    }
  }

  /** A PIN that was right lifts nobody whose call is over, or was handed to somebody else meanwhile. */
  async #audit(data: AuditData): Promise<void> {
    const pinRight = data.state === 'right' && this.#state.kind === 'checking'
    const transferred = this.#isTransferred()
    await this.#ports.gate.audit.record({
      kind: 'auth',
      actor: await this.#actorId(),
      session: this.#plan.callSid,
      strength: this.#plan.strength({ pinRight, transferred }),
      data: { means: 'pin', ...data },
    })
  }
}
