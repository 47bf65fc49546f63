import type { Random } from '../caller/random.ts'
import { AtLine } from './dialogue-line.ts'
import { consentClaimed, proposalOf, type Proposed, retryOf } from './dialogue-proposals.ts'
import { hashOf, highRisk, type Story } from './dialogue-story.ts'
import { sayings } from './dialogue-words.ts'
import type { CallSettings, CallStanding, HeldWork, OpenCall } from './gated-call.ts'
import { pick } from './odd-values.ts'

const waitsMs = [1, 150, 200, 201, 700, 1_000, 2_000, 2_001, 4_000, 5_000, 29_800, 31_000]
const held: readonly HeldWork[] = [
  'reach',
  'insertProposal',
  'findProposal',
  'claimIntent',
  'claimIntent',
  'moveConfirmation',
]
/** All that may be open has ended by then by itself. */
const FOR_GOOD_MS = 700_000

/**
 * A call in which model, caller and line do what they like, mostly what makes sense and often what does not: in rounds of
 * a proposal, its question and an answer, with something in between wherever there is room.
 */
export class Dialogue {
  readonly #random: Random
  readonly #line: AtLine
  readonly #settings: CallSettings
  readonly #isPlain: boolean
  /** Whether a plain yes to a question that was plainly heard did not act. */
  #ignoresYes = false

  constructor(random: Random, open: OpenCall) {
    this.#random = random
    this.#isPlain = random.whole(10) === 0
    this.#settings = this.#isPlain ? plain : settingsOf(random)
    this.#line = new AtLine(random, this.#settings, open)
  }

  /** Plays the whole of it, and tells what happened. */
  async play(): Promise<Story> {
    await using line = this.#line
    line.stand(standingFor(this.#settings, this.#isPlain, this.#random))
    if (this.#isPlain) await this.#plainRound()
    const rounds = 1 + this.#random.whole(3)
    for (let round = 0; round < rounds; round += 1) await this.#round()
    line.release()
    await line.quiet()
    line.pass(FOR_GOOD_MS)
    await line.quiet()
    return await line.story()
  }

  /** What only the one who plays can complain about. */
  complaints(): readonly string[] {
    return this.#ignoresYes ? ['did not act on a plain yes'] : []
  }

  /** Everybody behaves: what was asked for is done at once. */
  async #plainRound(): Promise<void> {
    const line = this.#line
    const made = proposalOf(this.#random, pick(this.#random, highRisk))
    await line.propose(made)
    if (this.#random.whole(2) === 0) await line.propose(retryOf(made))
    line.hear()
    line.pass(1_000)
    if (this.#random.whole(3) === 0) line.key('1')
    else line.sayPlainly(pick(this.#random, sayings.yes.slice(0, 4)))
    await line.quiet()
    this.#ignoresYes = line.runs !== 1
  }

  async #round(): Promise<void> {
    await this.#propose()
    await this.#between()
    if (this.#chance(8)) this.#line.begin()
    this.#hear()
    await this.#between()
    // What follows from an answer is kept waiting, and more comes meanwhile.
    const isHeld = this.#chance(15)
    if (isHeld) this.#line.hold(pick(this.#random, held), pick(this.#random, ['before', 'after']))
    this.#answer()
    if (isHeld) await this.#line.quiet()
    if (this.#chance(isHeld ? 60 : 30)) this.#answer()
    if (this.#chance(25)) this.#disturb()
    await this.#between()
    this.#line.release()
    if (this.#chance(80)) await this.#line.quiet()
  }

  async #propose(): Promise<void> {
    const random = this.#random
    const line = this.#line
    if (this.#chance(10))
      line.hold(pick(random, ['reach', 'insertProposal']), pick(random, ['before', 'after']))
    const burst = this.#chance(12) ? 2 + random.whole(4) : 1
    for (let made = 0; made < burst; made += 1) {
      const former = line.former(random.whole(3))
      if (former && this.#chance(30)) line.proposeSoon(this.#repeated(former))
      else line.proposeSoon(proposalOf(random), burst > 1 && this.#chance(70))
    }
    if (this.#chance(88)) await line.quiet()
  }

  /** The same once more: under a new id, under the old one, or with other arguments under either. */
  #repeated(former: Proposed & { readonly callId: string }): Proposed {
    const other = proposalOf(this.#random, former.tool)
    switch (this.#random.whole(6)) {
      case 0:
        return { ...retryOf(former), callId: former.callId }
      case 1:
        return { ...other, callId: former.callId }
      case 2:
        return other
      case 3:
        return consentClaimed(former)
      default:
        return retryOf(former)
    }
  }

  #hear(): void {
    const line = this.#line
    const roll = this.#random.whole(100)
    if (roll < 62) return line.hear()
    if (roll < 92) return line.mishear()
    line.strayMark()
  }

  #answer(): void {
    const line = this.#line
    const roll = this.#random.whole(100)
    if (this.#settings.channel !== 'voice') return line.write()
    if (line.isSpeaking && this.#chance(40)) return line.beginAgain()
    if (roll < 20) return line.key(pick(this.#random, ['1', '1', '1', '2', '5', '#']))
    if (roll < 26) return line.say(undefined, 'another call')
    if (roll < 32) return line.speakLate()
    if (roll < 38) return line.speakTwice()
    line.say()
  }

  async #between(): Promise<void> {
    while (this.#chance(40)) this.#disturb()
    if (this.#chance(75)) await this.#line.quiet()
  }

  #disturb(): void {
    const random = this.#random
    const line = this.#line
    const roll = random.whole(100)
    if (roll < 22) line.pass(pick(random, waitsMs))
    else if (roll < 34) line.say()
    else if (roll < 42) line.key(pick(random, ['1', '2', '9']))
    else if (roll < 48) line.claimConsent()
    else if (roll < 52) line.begin()
    else if (roll < 54) line.beginAgain()
    else if (roll < 64) line.approve((tool, input) => hashOf(tool, input))
    else if (roll < 70) line.feed({ kind: 'cleared' })
    else if (roll < 76) this.#pin()
    else if (roll < 82) line.change()
    else if (roll < 88) line.proposeSoon(proposalOf(random))
    else if (roll < 91) line.write()
    else if (roll < 94) line.strayMark()
    else if (roll < 95) line.breakDown(pick(random, ['audit', 'intents']))
    else line.end(pick(random, ['modelLost', 'transferred', 'hungUp', 'stopping', 'modelLost']))
  }

  #pin(): void {
    const line = this.#line
    const { strength } = line.standing
    if (this.#chance(25)) {
      line.stand({ ...line.standing, pin: 'refused' })
      line.feed({ kind: 'pinRefused' })
    } else if (strength === 'S1' || strength === 'S2') {
      line.stand({ ...line.standing, strength: 'S3' })
      line.feed({ kind: 'pinRight' })
    }
  }

  #chance(inHundred: number): boolean {
    return this.#random.whole(100) < inHundred
  }
}

const plain: CallSettings = {
  channel: 'voice',
  verification: 'stir_or_pin',
  firstDestinations: 'allow',
  transcribes: true,
  hasVoice: false,
}

function settingsOf(random: Random): CallSettings {
  return {
    channel: pick(random, [
      ...Array.from({ length: 14 }, () => 'voice' as const),
      'sms',
      'sms',
      'chat',
      'rest',
    ]),
    verification: pick(random, ['stir_or_pin', 'stir_or_pin', 'stir_or_pin', 'pin', 'caller_id']),
    firstDestinations: pick(random, ['allow', 'allow', 'pin']),
    transcribes: random.whole(12) > 0,
    hasVoice: random.whole(2) === 0,
  }
}

function standingFor({ channel }: CallSettings, isPlain: boolean, random: Random): CallStanding {
  const open = { pin: 'open', isInScope: true, limits: { ok: true } } as const
  if (isPlain) return { ...open, strength: 'S2' }
  if (channel === 'rest')
    return { ...open, strength: pick(random, ['S4', 'S4', 'S1']), isInScope: random.whole(4) > 0 }
  const strength = pick(random, ['S2', 'S2', 'S2', 'S2', 'S3', 'S1', 'S1', 'S0'] as const)
  return { ...open, strength, pin: pick(random, ['open', 'open', 'open', 'notConfigured']) }
}
