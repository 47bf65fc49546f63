import type { Clock } from '../../lib/clock.ts'
import { seededRandom } from '../caller/random.ts'
import { waitMs } from '../twilio/wait.ts'
import { addTo } from './fuzz-run.ts'
import { courseNames, fuzzedMedia } from './fuzzed-media.ts'
import { askForStream, type HonestCaller, hangUpHonestly, ringHonestly } from './honest-calls.ts'
import { dialMedia, type MediaDial } from './media-dial.ts'
import { MediaOracle, type Verdict } from './media-oracle.ts'

/** A call gets its first stream, and three more after it. */
const STREAMS_A_CALL = 4
const MOST_MESSAGES_A_SOCKET = 150
/** So many messages are sent before it is waited for that they were read. */
const SLICE = 50
/** How long the end of a socket may take. */
const CLOSE_WITHIN_MS = 6_000
/** Why a socket ended that its server did not end. */
const BY_US = 'by us'

/** Rings, opens media sockets, sends what a course says, and compares every end with what an oracle expects. */
export class MediaFuzzer {
  readonly #caller: HonestCaller
  readonly #clock: Clock
  readonly #seed: number
  calls = 0
  sockets = 0
  messages = 0
  /** Media messages that a stream must have taken. */
  media = 0
  /** Messages by how they were written. */
  readonly written = new Map<string, number>()
  /** Faults that a server must have counted, by kind. */
  readonly faults = new Map<string, number>()
  readonly ends = new Map<string, number>()
  /** Whatever was not as expected. */
  readonly surprises = new Map<string, number>()

  constructor(options: { readonly caller: HonestCaller; readonly clock: Clock; readonly seed: number }) {
    this.#caller = options.caller
    this.#clock = options.clock
    this.#seed = options.seed
  }

  /** Rings once and hangs up: whoever watches knows this caller from then on. */
  async introduce(): Promise<void> {
    const { callSid } = await ringHonestly(this.#caller)
    this.calls++
    await hangUpHonestly(this.#caller, callSid)
  }

  /** Rings, and opens one socket after another for as long as the call is told to, until so many messages are out. */
  async fuzz(untilMessages: number): Promise<void> {
    while (this.messages < untilMessages) {
      const { callSid, nonce: first } = await ringHonestly(this.#caller)
      this.calls++
      let nonce: string | undefined = first
      for (let streams = 1; nonce !== undefined && this.messages < untilMessages; streams++) {
        const goesOn = await this.#socket({ callSid, nonce })
        nonce = await askForStream(this.#caller, callSid)
        // A stream that says stop ends its call; one that broke or was closed, or never came about, is replaced.
        const isDue = goesOn && streams < STREAMS_A_CALL
        if (isDue !== (nonce !== undefined))
          addTo(this.surprises, isDue ? 'no stream again' : 'a stream again')
      }
      await hangUpHonestly(this.#caller, callSid)
    }
  }

  /** @returns whether the call goes on after it */
  async #socket({ callSid, nonce }: { readonly callSid: string; readonly nonce: string }): Promise<boolean> {
    const { account } = this.#caller
    const number = this.sockets++
    const random = seededRandom(this.#seed * 1_000_003 + number)
    const course = courseNames[number % courseNames.length] ?? ''
    const subject = { accountSid: account.accountSid, callSid, streamSid: `MZ${random.hex(32)}` }
    const oracle = new MediaOracle(subject)
    const dial = await dialMedia(account, nonce)
    if (!dial) {
      addTo(this.surprises, `${course}: refused`)
      return false
    }
    let verdict: Verdict
    let sent = 0
    for (const { bytes, how } of fuzzedMedia(subject, course, random)) {
      dial.send(bytes)
      this.messages++
      addTo(this.written, how)
      verdict = oracle.take(bytes)
      if (verdict || ++sent >= MOST_MESSAGES_A_SOCKET) break
      if (sent % SLICE === 0) await dial.read()
      if (!dial.isOpen()) break
    }
    // A socket that lives is ended by whoever opened it, or by its deadline.
    if (!verdict && dial.isOpen()) verdict = await endOtherwise(dial, oracle, random.whole(4))
    await this.#compareEnd(dial, { course, verdict })
    for (const [kind, times] of oracle.faults) addTo(this.faults, kind, times)
    this.media += oracle.media
    return !oracle.hasStreamed || (verdict !== undefined && verdict.reason !== '')
  }

  async #compareEnd(
    dial: MediaDial,
    { course, verdict }: { readonly course: string; readonly verdict: Verdict },
  ): Promise<void> {
    const stopping = new AbortController()
    const late = waitMs(this.#clock, CLOSE_WITHIN_MS, stopping.signal).then(() => undefined)
    const close = await Promise.race([dial.closed, late])
    stopping.abort()
    if (close === undefined) dial.terminate()
    const expected = verdict === undefined ? 'nothing' : `${verdict.code} ${verdict.reason}`.trim()
    addTo(this.ends, expected)
    if (close?.code === verdict?.code) return
    const came = close === undefined ? 'no end' : `${close.code} ${close.reason}`.trim()
    addTo(this.surprises, `${course}: ${came} and not ${expected}`)
  }
}

/** Ends a socket that has done nothing for which it would be ended. */
async function endOtherwise(dial: MediaDial, oracle: MediaOracle, how: number): Promise<Verdict> {
  await dial.read()
  if (!dial.isOpen()) return undefined
  // One that has not started is ended for that, in time.
  if (!oracle.hasStreamed && how === 0) return oracle.late()
  if (how === 1) {
    dial.terminate()
    return { code: 1006, reason: BY_US }
  }
  const code = how === 2 ? 1001 : 1000
  dial.close(code)
  return { code, reason: BY_US }
}
