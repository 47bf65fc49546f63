import type { Confirmation, Proposal } from '../../src/policy/confirmation.ts'
import { type DeskEvent, newDesk, nextDeadlineMs, stepDesk } from '../../src/policy/confirmation-desk.ts'
import { consentLexicons } from '../../src/policy/consent.ts'
import type { ConfirmationDesk, DeskEffect, DeskSettings } from '../../src/policy/desk.ts'
import { proposal } from './records.ts'

/** An event without its time: the desk is told what time it is. */
export type Timeless<Event = DeskEvent> = Event extends { readonly atMs: number }
  ? Omit<Event, 'atMs'>
  : never

const settings: DeskSettings = {
  channel: 'voice',
  ttlMs: 30_000,
  transcribes: true,
  hasVoice: false,
  lexicons: consentLexicons(['en']),
}

/** How long every question sounds. */
export const audioMs = 4_000

/**
 * A desk with a clock and with timers that fire, and what it did. The line to the caller and the model are played by
 * the test, in small steps or in the whole ones that are usual.
 */
export class AtDesk {
  desk: ConfirmationDesk
  atMs = 1_000
  readonly effects: DeskEffect[] = []
  #items = 0

  constructor(change: Partial<DeskSettings> = {}) {
    this.desk = newDesk({ ...settings, ...change })
  }

  /** Feeds one event now; what it brings about is also answered. */
  feed(event: Timeless): readonly DeskEffect[] {
    const step = stepDesk(this.desk, { ...event, atMs: this.atMs })
    this.desk = step.desk
    this.effects.push(...step.effects)
    return step.effects
  }

  /** Lets time pass; timers fire when they are due. */
  pass(durationMs: number): void {
    const untilMs = this.atMs + durationMs
    for (
      let due = nextDeadlineMs(this.desk);
      due !== undefined && due <= untilMs;
      due = nextDeadlineMs(this.desk)
    ) {
      this.atMs = Math.max(this.atMs, due)
      this.feed({ kind: 'time' })
    }
    this.atMs = untilMs
  }

  propose(change: Partial<Proposal> = {}): readonly DeskEffect[] {
    return this.feed({ kind: 'proposed', proposal: proposal(change) })
  }

  /** The question that was asked for last. */
  question(): Extract<DeskEffect, { kind: 'ask' }> {
    const ask = this.of('ask').at(-1)
    if (!ask) throw new Error('Nothing was asked')
    return ask
  }

  /** The question is sent and spoken as it is written, its mark not back yet. */
  speak(spoken?: string): void {
    const { id, attempt, text } = this.question()
    this.feed({ kind: 'questionStarted', id, attempt })
    this.pass(500)
    this.feed({ kind: 'questionSent', id, attempt, audioMs, spoken: spoken ?? text })
  }

  /** The question is spoken, and heard to its end. */
  hear(): void {
    this.speak()
    this.pass(audioMs - 500)
    const { id, attempt } = this.question()
    this.feed({ kind: 'questionMark', id, attempt })
  }

  /** A proposal whose question was heard a second ago. */
  asked(change: Partial<Proposal> = {}): void {
    this.propose(change)
    this.hear()
    this.pass(1_000)
  }

  /** The caller begins to speak. */
  begin(sessionId = 'session-1'): string {
    this.#items += 1
    const itemId = `item-${this.#items}`
    this.feed({ kind: 'speechStarted', itemId, sessionId })
    return itemId
  }

  /** The caller says something, and its words come half a second after the end. */
  say(text: string, sessionId?: string): readonly DeskEffect[] {
    const itemId = this.begin(sessionId)
    this.pass(700)
    this.feed({ kind: 'speechStopped', itemId })
    this.pass(500)
    return this.feed({ kind: 'transcript', itemId, text })
  }

  key(key: string): readonly DeskEffect[] {
    return this.feed({ kind: 'key', key })
  }

  of<Kind extends DeskEffect['kind']>(kind: Kind): Extract<DeskEffect, { kind: Kind }>[] {
    return this.effects.filter(
      (effect): effect is Extract<DeskEffect, { kind: Kind }> => effect.kind === kind,
    )
  }

  /** The reasons for which answers did not count. */
  ignored(): string[] {
    return this.of('ignored').map(({ reason }) => reason)
  }

  /** Every change of every record, as state and reason. */
  changes(): string[] {
    return this.of('changed').map(({ record, reason }) => `${record.state} ${reason}`)
  }

  /** What the model was told in the end. */
  told(): string[] {
    return this.of('tell').map(({ callId, status }) => `${callId} ${status}`)
  }

  /** What tool calls were answered with. */
  answers(): string[] {
    return this.of('answerTool').map(({ output }) => output.status)
  }

  /** What may be run. */
  runs(): string[] {
    return this.of('run').map(({ id }) => id)
  }

  record(id = 'confirmation-1'): Confirmation {
    const record = this.desk.records.find((one) => one.id === id)
    if (!record) throw new Error(`No record ${id}`)
    return record
  }
}
