import type { Proposal } from '../../src/policy/confirmation.ts'
import { type DeskEvent, newDesk, nextDeadlineMs, stepDesk } from '../../src/policy/confirmation-desk.ts'
import { consentLexicons } from '../../src/policy/consent.ts'
import type { ConfirmationDesk, DeskEffect } from '../../src/policy/desk.ts'
import type { Random } from '../../src/sim/caller/random.ts'
import type { Timeless } from './at-desk.ts'
import { proposal } from './records.ts'
import type { Happening } from './story.ts'

const yes = ['Yes.', 'Yes, please do.', 'Go ahead.', 'Sure, do it now.']
const no = ['No.', 'Yes, wait.', "Don't!", 'Never mind.']
/** Agrees in words of the question: our own voice come back over the line. */
const echo = 'Yes, please, now, so.'
const other = ['Actually, Tuesday.', 'Yes, tomorrow.', 'Hm?', '', 'yes or no', 'Shall I number 1?', echo]
const lexicons = consentLexicons(['en'])

/**
 * A call in which model, caller and line do what they like, at any time and in any order, mostly what makes sense and
 * often what does not. What happened is written down for a judge who knows nothing of the desk.
 */
export class Dialogue {
  desk: ConfirmationDesk
  readonly story: Happening[] = []
  atMs = 0
  readonly #random: Random
  #proposals: Proposal[] = []
  #items: { itemId: string; stopped: boolean }[] = []
  #count = 0

  constructor(random: Random) {
    this.#random = random
    const settings = { channel: 'voice', ttlMs: 30_000, transcribes: true, lexicons } as const
    this.desk = newDesk({ ...settings, hasVoice: random.whole(2) === 0 })
  }

  /** Lets so many things happen. */
  run(steps: number): void {
    for (let step = 0; step < steps; step += 1) this.#act()
  }

  /** Lets so much time pass that all that is open must end. */
  finish(): void {
    this.#pass(600_000)
  }

  #act(): void {
    const roll = this.#random.whole(100)
    if (roll < 14) this.#propose()
    else if (roll < 44) this.#speakQuestion()
    else if (roll < 62) this.#callerSpeaks()
    else if (roll < 70) this.#feed({ kind: 'key', key: this.#one(['1', '1', '2', '5']) })
    else if (roll < 88)
      this.#pass(this.#one([1, 150, 200, 201, 700, 1_000, 2_000, 4_000, 5_000, 29_800, 31_000]))
    else this.#oddity(roll)
  }

  #propose(): void {
    this.#count += 1
    const former = this.#proposals.at(-1 - this.#random.whole(3))
    const repeated = former !== undefined && this.#random.whole(4) === 0
    const tool = this.#one(['send_sms', 'send_sms', 'make_call', 'send_email'])
    const asked = `So please now, shall I, number ${this.#count}?`
    const made = proposal({
      id: `c${this.#count}`,
      callId: this.#random.whole(12) === 0 ? 'call_again' : `call_${this.#count}`,
      responseId: `resp_${Math.floor(this.#count / 2)}`,
      tool: repeated ? former.tool : tool,
      hash: repeated ? former.hash : `hash-${tool}-${this.#random.whole(3)}`,
      sessionId: this.#random.whole(15) === 0 ? 's2' : 's1',
      questions: [asked, `Again: ${asked}`, `At last: ${asked}`],
      answerBy: this.#one(['caller', 'caller', 'caller', 'caller', 'apiKey', 'callerWithPin']),
    })
    this.#proposals.push(made)
    this.#feed({ kind: 'proposed', proposal: made })
  }

  /** The next thing that happens to the question that was ordered last, or a whole hearing of it. */
  #speakQuestion(): void {
    const ask = this.#lastAsk()
    if (!ask) return
    const { id, text } = ask
    // A late word on an earlier asking, now and then.
    const attempt = ask.attempt - (this.#random.whole(10) === 0 ? 1 : 0)
    const start = { kind: 'questionStarted', id, attempt } as const
    const audioMs = this.#one([0, 1_000, 4_000, 4_000, 4_000, 4_000])
    const spoken = this.#random.whole(8) === 0 ? 'Certainly, I will' : text.toUpperCase()
    const sent = { kind: 'questionSent', id, attempt, audioMs, spoken } as const
    const mark = { kind: 'questionMark', id, attempt } as const
    const failed = { kind: 'questionFailed', id, attempt } as const
    if (this.#random.whole(3) === 0)
      return this.#feed(this.#one([start, sent, mark, start, sent, mark, failed]))
    this.#feed(start)
    this.#feed(sent)
    if (this.#random.whole(6) === 0) this.#feed({ kind: 'cleared' })
    this.#pass(this.#one([audioMs / 2, 0.8 * audioMs - 1, 0.8 * audioMs, audioMs, audioMs + 300]))
    this.#feed(mark)
  }

  #callerSpeaks(): void {
    const roll = this.#random.whole(7)
    const open = this.#items.at(-1 - this.#random.whole(2))
    if (roll < 2 || !open) return this.#begin()
    if (roll === 6) return this.#feed({ kind: 'transcript', itemId: 'model_item', text: this.#one(yes) })
    if (roll === 2) return this.#feed({ kind: 'speechStopped', itemId: open.itemId })
    if (roll === 3 && this.#random.whole(4) === 0)
      return this.#feed({ kind: 'transcriptFailed', itemId: open.itemId })
    this.#feed({ kind: 'transcript', itemId: open.itemId, text: this.#words() })
  }

  #begin(): void {
    this.#count += 1
    const itemId = `item_${this.#count}`
    this.#items.push({ itemId, stopped: false })
    this.#feed({ kind: 'speechStarted', itemId, sessionId: this.#random.whole(10) === 0 ? 's2' : 's1' })
    if (this.#random.whole(2) === 0) return
    this.#pass(this.#one([100, 700, 3_000]))
    this.#feed({ kind: 'speechStopped', itemId })
    this.#pass(this.#one([100, 500, 4_000, 6_000]))
    this.#feed({ kind: 'transcript', itemId, text: this.#words() })
  }

  /** At the end of a question's life one turn begins in time, and another one does not. */
  #speakLate(): void {
    this.#pass(29_900)
    this.#count += 2
    const [inTime, late] = [`item_${this.#count - 1}`, `item_${this.#count}`]
    this.#feed({ kind: 'speechStarted', itemId: inTime, sessionId: 's1' })
    this.#pass(200)
    this.#feed({ kind: 'speechStarted', itemId: late, sessionId: 's1' })
    this.#feed({ kind: 'transcript', itemId: late, text: this.#words() })
    this.#feed({ kind: 'transcript', itemId: inTime, text: this.#words() })
  }

  #oddity(roll: number): void {
    const made = this.#proposals.at(-1 - this.#random.whole(4))
    if (!made) return
    const { id, hash } = made
    if (roll < 92) this.#feed({ kind: 'intentCommitted', id: this.#lastRun() ?? id })
    else if (roll < 94) this.#feed({ kind: 'finished', id, status: this.#one(['done', 'failed', 'unknown']) })
    else if (roll === 94) this.#feed({ kind: 'cleared' })
    else if (roll === 95) this.#speakLate()
    else if (roll === 96) this.#feed({ kind: 'message', sessionId: 's1', text: 'Yes.' })
    else if (roll === 97) this.#feed({ kind: 'approved', id, hash: this.#one([hash, 'x']), keyName: 'k' })
    else if (roll === 98) this.#feed({ kind: this.#one(['pinRight', 'pinRefused']) })
    else if (this.#random.whole(3) === 0)
      this.#feed({
        kind: 'ended',
        reason: this.#one(['modelLost', 'transferred', 'modelLost', 'hungUp', 'stopping']),
      })
  }

  #pass(durationMs: number): void {
    const untilMs = this.atMs + Math.max(0, durationMs)
    // A timer may be late: sometimes none fires.
    const late = this.#random.whole(10) === 0 && durationMs < 100_000
    if (!late) this.#fireUntil(untilMs)
    this.atMs = untilMs
  }

  #fireUntil(untilMs: number): void {
    for (let due = nextDeadlineMs(this.desk); due !== undefined && due <= untilMs;) {
      this.atMs = Math.max(this.atMs, due)
      this.#feed({ kind: 'time' })
      due = nextDeadlineMs(this.desk)
    }
  }

  #feed(event: Timeless): void {
    const timed = { ...event, atMs: this.atMs } as DeskEvent
    this.story.push({ atMs: this.atMs, event: timed })
    const step = stepDesk(this.desk, timed)
    this.desk = step.desk
    for (const effect of step.effects) this.story.push({ atMs: this.atMs, effect })
  }

  #lastAsk(): Extract<DeskEffect, { kind: 'ask' }> | undefined {
    const found = this.story.findLast(({ effect }) => effect?.kind === 'ask')?.effect
    return found?.kind === 'ask' ? found : undefined
  }

  #lastRun(): string | undefined {
    const found = this.story.findLast(({ effect }) => effect?.kind === 'run')?.effect
    return found?.kind === 'run' ? found.id : undefined
  }

  #words(): string {
    return this.#one([...yes, ...yes, ...no, ...other])
  }

  #one<Item>(items: readonly Item[]): Item {
    const item = items[this.#random.whole(items.length)]
    if (item === undefined) throw new RangeError('Cannot pick: the list is empty')
    return item
  }
}
