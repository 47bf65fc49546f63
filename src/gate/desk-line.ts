import type { Clock, Timer } from '../lib/clock.ts'
import {
  type DeskEvent,
  hasOpenConfirmation,
  hasRunningEffect,
  isQuestionOpen,
  newDesk,
  nextDeadlineMs,
  stepDesk,
} from '../policy/confirmation-desk.ts'
import { isQuestionDue } from '../policy/asking.ts'
import type { CallerTurns } from '../policy/caller-turns.ts'
import type { ConfirmationDesk, DeskEffect, DeskSettings } from '../policy/desk.ts'
import type { GateStanding } from './gate-options.ts'

/** An event without its time. */
export type DeskNews = DeskEvent extends infer Event
  ? Event extends { readonly atMs: number }
    ? Omit<Event, 'atMs'>
    : never
  : never

/**
 * The desk of a session where time passes: each event gets its time, deadlines come by themselves, and effects are
 * carried out in their order, also those that others bring about.
 */
export class DeskLine implements Disposable {
  readonly #clock: Clock
  readonly #perform: (effect: DeskEffect) => void
  readonly #onThrown: () => void
  readonly #onMoved: (now: GateStanding) => void
  #desk: ConfirmationDesk
  #timer: Timer | undefined
  /** Effects of one step after another; a step has a bounded number, and so has their echo. */
  readonly #due: DeskEffect[] = []
  #isPerforming = false
  #standing: GateStanding = { isOpen: false, isAsking: false, isRunning: false }
  #isDisposed = false

  constructor(options: {
    readonly settings: DeskSettings
    readonly clock: Clock
    readonly perform: (effect: DeskEffect) => void
    readonly onThrown: () => void
    /** Told where the confirmations stand when that has changed, and what belongs to it was carried out. */
    readonly onMoved: (now: GateStanding) => void
    readonly turns?: CallerTurns | undefined
  }) {
    this.#clock = options.clock
    this.#perform = options.perform
    this.#onThrown = options.onThrown
    this.#onMoved = options.onMoved
    this.#desk = newDesk(options.settings, options.turns)
  }

  get desk(): ConfirmationDesk {
    return this.#desk
  }

  /** Lets something happen now; answers what the desk made of it, which is carried out already or about to be. */
  feed(news: DeskNews): readonly DeskEffect[] {
    const step = stepDesk(this.#desk, { ...news, atMs: this.#clock.nowMs() })
    this.#desk = step.desk
    this.#due.push(...step.effects)
    this.#setTimer()
    this.#performAll()
    if (!this.#isPerforming) this.#moved()
    return step.effects
  }

  /** Where the confirmations stand, as was told last. */
  get standing(): GateStanding {
    return this.#standing
  }

  /** Takes back the timer: nothing comes by itself any more. */
  [Symbol.dispose](): void {
    this.#isDisposed = true
    this.#timer?.cancel()
  }

  #performAll(): void {
    if (this.#isPerforming) return
    this.#isPerforming = true
    try {
      for (let effect = this.#due.shift(); effect; effect = this.#due.shift()) this.#performOne(effect)
    } finally {
      this.#isPerforming = false
    }
  }

  /** What one effect throws takes nothing from the others: a question that was not put is given up by its deadline. */
  #performOne(effect: DeskEffect): void {
    try {
      this.#perform(effect)
    } catch {
      this.#onThrown()
    }
  }

  #moved(): void {
    const desk = this.#desk
    const { isOpen, isAsking, isRunning } = this.#standing
    const now = {
      isOpen: hasOpenConfirmation(desk),
      isAsking: isQuestionOpen(desk) || isQuestionDue(desk),
      isRunning: hasRunningEffect(desk),
    }
    if (now.isOpen === isOpen && now.isAsking === isAsking && now.isRunning === isRunning) return
    this.#standing = now
    this.#onMoved(now)
  }

  #setTimer(): void {
    this.#timer?.cancel()
    const dueAtMs = nextDeadlineMs(this.#desk)
    if (dueAtMs === undefined || this.#isDisposed) return
    const delayMs = Math.max(0, dueAtMs - this.#clock.nowMs())
    this.#timer = this.#clock.setTimer(delayMs, () => void this.feed({ kind: 'time' }))
  }
}
