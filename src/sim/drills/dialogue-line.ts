import type { Random } from '../caller/random.ts'
import type { Proposed } from './dialogue-proposals.ts'
import { allOf, type Happening, type Of, openTurns, type Story } from './dialogue-story.ts'
import { type Saying, sayings } from './dialogue-words.ts'
import type {
  CallEnd,
  CallSettings,
  CallStanding,
  EffectProof,
  GatedCall,
  HeldWork,
  LineNews,
  OpenCall,
} from './gated-call.ts'
import { pick } from './odd-values.ts'

const AUDIO_MS = 4_000
/** Times between the parts of what a caller says: mostly short, now and then too long. */
const speakingMs = [100, 700, 700, 700, 3_000]
const understandingMs = [100, 300, 300, 300, 500, 4_000, 5_000, 6_000]

type Untimed<Event = Happening> = Event extends Happening ? Omit<Event, 'atMs'> : never
type Made = Proposed & { readonly callId: string; readonly responseId: string }

/** The line of one dialogue: does what it is told to, and writes down whatever happens. */
export class AtLine implements AsyncDisposable {
  readonly #random: Random
  readonly #settings: CallSettings
  readonly #call: GatedCall
  readonly #happenings: Happening[] = []
  readonly #made: Made[] = []
  #count = 0

  constructor(random: Random, settings: CallSettings, open: OpenCall) {
    this.#random = random
    this.#settings = settings
    this.#call = open(settings, (deed) => this.#note(deed))
    this.#call.handled = pick(random, ['done', 'done', 'done', 'done', 'failed', 'throws'])
  }

  get standing(): CallStanding {
    return this.#call.standing
  }

  /** Effects so far. */
  get runs(): number {
    return allOf(this.#happenings, 'ran').length
  }

  /** Whether the caller has begun something whose words are not known yet. */
  get isSpeaking(): boolean {
    return this.#openTurns().length > 0
  }

  /** A tool call of before, the last one being number 0. */
  former(number: number): Made | undefined {
    return this.#made.at(-1 - number)
  }

  /** Proposes, and waits until the gate has made of it what it will. */
  async propose(proposed: Proposed): Promise<void> {
    this.proposeSoon(proposed)
    await this.quiet()
  }

  /** Proposes; the answer comes when it comes. @param isSame whether it is of the same response as the one before */
  proposeSoon(proposed: Proposed, isSame = false): void {
    this.#count += 1
    const responseId = (isSame && this.former(0)?.responseId) || `resp_${this.#count}`
    const made = { callId: `call_${this.#count}`, responseId, ...proposed }
    const { callId, tool, input } = made
    this.#made.push(made)
    const number = this.#count
    const about = { kind: 'answered', number, callId } as const
    this.#note({ kind: 'proposed', number, callId, responseId, tool, input })
    const call = { callId, responseId, name: tool, arguments: JSON.stringify(input) }
    void this.#call.propose(call).then(
      ({ status, output }) => this.#note({ ...about, status, output }),
      (error: unknown) => this.#note({ ...about, status: `rejected ${String(error)}`, output: '' }),
    )
  }

  /** The question that was asked for last is spoken as it is written and heard to its end. */
  hear(): void {
    const ask = this.#ask()
    if (!ask) return
    const { id, attempt, text } = ask
    if (ask.way === 'written') return this.feed({ kind: 'questionShown', id, attempt })
    this.feed({ kind: 'questionStarted', id, attempt })
    this.pass(300)
    const spoken = pick(this.#random, [text, text.toUpperCase(), text.replaceAll('1 for', 'one for')])
    this.feed({ kind: 'questionSent', id, attempt, audioMs: AUDIO_MS, spoken })
    this.pass(pick(this.#random, [AUDIO_MS - 300, AUDIO_MS - 300, 0.8 * AUDIO_MS - 300, AUDIO_MS + 500]))
    this.feed({ kind: 'questionMark', id, attempt })
  }

  /** The question is spoken, but something is wrong with it. */
  mishear(): void {
    const ask = this.#ask()
    if (!ask) return
    const { id, attempt, text } = ask
    const wrong = this.#random.whole(8)
    const fails = wrong === 7 && attempt === 2
    const stale = wrong === 0 ? attempt - 1 : attempt
    if (wrong !== 1) this.feed({ kind: 'questionStarted', id, attempt: stale })
    this.pass(wrong === 2 ? 20_001 : 300)
    if (wrong === 3) this.feed({ kind: 'cleared' })
    const spoken = wrong === 4 ? 'Certainly, I will do that.' : text
    const audioMs = wrong === 5 ? 0 : AUDIO_MS
    this.feed({ kind: 'questionSent', id, attempt: stale, audioMs, spoken })
    const early = pick(this.#random, [1, 0.8 * AUDIO_MS - 301])
    this.pass(wrong === 6 ? early : wrong === 7 && !fails ? AUDIO_MS + 5_001 : AUDIO_MS - 300)
    if (fails) this.feed({ kind: 'questionFailed', id, attempt })
    if (this.#random.whole(6) > 0) this.feed({ kind: 'questionMark', id, attempt: stale })
  }

  /** A mark, or a question shown, that belongs to no question under way. */
  strayMark(): void {
    const asked = allOf(this.#happenings, 'asked')
    const ask = asked.at(-1 - this.#random.whole(3))?.it
    if (!ask) return
    const { id, attempt } = ask
    this.feed({ kind: pick(this.#random, ['questionMark', 'questionShown', 'questionFailed']), id, attempt })
  }

  /** The caller says something plainly, and is understood at once. */
  sayPlainly(saying: Saying): void {
    const itemId = this.#begin('here')
    this.pass(700)
    this.feed({ kind: 'speechStopped', itemId })
    this.pass(300)
    this.#transcript(itemId, saying)
  }

  /** The caller says something, in this call or in another one. */
  say(saying: Saying = this.#saying(), where: 'here' | 'another call' = 'here'): void {
    const random = this.#random
    const itemId = this.#begin(where)
    this.pass(pick(random, speakingMs))
    this.feed({ kind: 'speechStopped', itemId })
    this.pass(pick(random, understandingMs))
    if (random.whole(15) === 0) return this.feed({ kind: 'transcriptFailed', itemId })
    this.feed({ kind: 'transcript', itemId, text: saying.text }, saying)
    if (random.whole(12) === 0) this.#transcript(itemId)
  }

  /** The caller begins to speak: the words come later or never. */
  begin(): void {
    const itemId = this.#begin('here')
    if (this.#random.whole(3) === 0) return
    this.pass(pick(this.#random, [50, 199, 200]))
    this.#transcript(itemId)
  }

  /** The model's server says that a turn begins which has begun before, and whose words are not known yet. */
  beginAgain(): void {
    this.pass(pick(this.#random, [1, 200, 700]))
    const open = this.#openTurns()
    if (open.length === 0) return
    const { itemId } = pick(this.#random, open)
    this.feed({ kind: 'speechStarted', itemId, sessionId: this.#call.sessionId })
    if (this.#random.whole(4) === 0) return
    this.pass(pick(this.#random, [100, 700]))
    this.#transcript(itemId)
  }

  /** Two things are said at nearly the same time, and their words come in either order. */
  speakTwice(): void {
    const [one, other] = [this.#begin('here'), this.#begin('here')]
    this.pass(700)
    this.feed({ kind: 'speechStopped', itemId: one })
    const isKey = this.#random.whole(4) === 0
    if (isKey) this.key('1')
    else this.#transcript(one)
    this.pass(pick(this.#random, [100, 1_999, 2_000, 2_500]))
    this.#transcript(other)
  }

  /** At the end of a question's life one turn begins in time, and another one does not. */
  speakLate(): void {
    this.pass(pick(this.#random, [29_900, 28_000]))
    const inTime = this.#begin('here')
    this.pass(pick(this.#random, [200, 2_500]))
    const late = this.#begin('here')
    for (const itemId of this.#random.whole(2) === 0 ? [late, inTime] : [inTime, late])
      this.#transcript(itemId)
  }

  /** The model's own words, or those of a text item, in the place of the caller's. */
  claimConsent(): void {
    this.#count += 1
    this.#transcript(`item_model_${this.#count}`, pick(this.#random, sayings.yes))
  }

  key(key: string): void {
    this.feed({ kind: 'key', key })
  }

  /** A message comes in writing. */
  write(): void {
    const saying = this.#saying()
    const sessionId = this.#random.whole(8) === 0 ? 'another thread' : this.#call.sessionId
    this.feed({ kind: 'message', sessionId, text: saying.text }, saying)
  }

  /** A key of the API approves: rightly, with the hash of something else, or what there is not. */
  approve(hashOf: (tool: string, input: unknown) => string): void {
    const random = this.#random
    const stored = allOf(this.#happenings, 'stored').at(-1 - random.whole(3))?.it
    const other = this.former(random.whole(3))
    const wrong = other ? hashOf(other.tool, other.input) : 'f'.repeat(64)
    const hash = pick(random, [stored?.hash ?? wrong, wrong, 'f'.repeat(64)])
    const id = random.whole(10) === 0 ? 'proposal_that_is_none' : (stored?.id ?? 'proposal_that_is_none')
    this.feed({ kind: 'approved', id, hash, keyName: 'desk' })
  }

  /** How somebody stands, or whom they may reach, changes. */
  change(): void {
    const random = this.#random
    if (random.whole(2) === 0) {
      const reach = { is: pick(random, ['fine', 'first', 'first', 'refused', 'refused', 'fails'] as const) }
      this.#call.reach = reach
      return this.#note({ kind: 'reach', reach })
    }
    const limits = { ok: false, reason: 'budget' } as const
    const change = pick(random, [
      { limits },
      { isInScope: false },
      { strength: 'S0' as const },
      { strength: 'S1' as const },
    ])
    this.stand({ ...this.standing, ...change })
  }

  stand(standing: CallStanding): void {
    this.#call.standing = standing
    this.#note({ kind: 'standing', standing })
  }

  end(reason: CallEnd): void {
    if (reason === 'transferred') this.stand({ ...this.standing, strength: 'S0' })
    this.feed({ kind: 'ended', reason })
  }

  breakDown(what: 'audit' | 'intents'): void {
    this.#call.breakDown(what)
    this.#note({ kind: 'broken', what })
  }

  feed(news: LineNews, saying?: Saying): void {
    this.#note({ kind: 'news', news, saying })
    this.#call.feed(news)
  }

  /** Lets virtual time pass; what falls due on the way happens at its time. */
  pass(durationMs: number): void {
    this.#call.clock.advance(durationMs)
  }

  hold(work: HeldWork, place: 'before' | 'after'): void {
    this.#call.hold(work, place)
  }

  release(): void {
    this.#call.release()
  }

  quiet(): Promise<void> {
    return this.#call.quiet()
  }

  /** Everything so far, with what the disk says of each effect. */
  async story(): Promise<Story> {
    this.#note({ kind: 'over' })
    const proofs = new Map<string, EffectProof>()
    for (const { it } of allOf(this.#happenings, 'ran')) {
      const proof = it.intentId === undefined ? undefined : await this.#call.proof(it.intentId)
      if (it.intentId !== undefined && proof) proofs.set(it.intentId, proof)
    }
    const { sessionId } = this.#call
    return { sessionId, settings: this.#settings, happenings: this.#happenings, proofs }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#call[Symbol.asyncDispose]()
  }

  #begin(where: 'here' | 'another call'): string {
    this.#count += 1
    const itemId = `item_${this.#count}`
    const sessionId = where === 'here' ? this.#call.sessionId : 'CAffffffffffffffffffffffffffffffff'
    this.feed({ kind: 'speechStarted', itemId, sessionId })
    return itemId
  }

  #openTurns(): ReturnType<typeof openTurns> {
    return openTurns(this.#happenings, { place: this.#happenings.length, atMs: this.#call.clock.nowMs() })
  }

  #transcript(itemId: string, saying: Saying = this.#saying()): void {
    this.feed({ kind: 'transcript', itemId, text: saying.text }, saying)
  }

  #saying(): Saying {
    const { no, change, unclear } = sayings
    const list = pick(this.#random, [sayings.yes, sayings.yes, sayings.yes, no, change, unclear])
    return pick(this.#random, list)
  }

  #ask(): Of<'asked'> | undefined {
    return allOf(this.#happenings, 'asked').at(-1)?.it
  }

  #note(happening: Untimed): void {
    this.#happenings.push({ ...happening, atMs: this.#call.clock.nowMs() })
  }
}
