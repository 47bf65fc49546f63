import type { Clock } from '../lib/clock.ts'
import type { ModelScript } from './openai/model-script.ts'

/** How long the next call waits for the one before to have found its model session. */
const SESSION_WAIT_MS = 2_000
/** Sessions whose script is remembered: as many as the fake keeps. */
const MAX_SESSIONS = 1_000
/** Calls that found no session are forgotten, the oldest first. */
const MAX_OFFERS = 100
const MAX_CALLERS = 1_000

type Offer = { readonly script: ModelScript; readonly from: string; readonly taken: () => void }

/**
 * Which model script belongs to which session. Calls and sessions are matched in order; sessions of the same caller
 * share one script, so that it goes on where it was after a reconnect.
 */
export class Scripts {
  readonly #clock: Clock
  #waiting: Offer[] = []
  readonly #byCaller = new Map<string, Pick<Offer, 'script' | 'from'>>()
  readonly #bySession = new Map<number, ModelScript>()
  /** Numbers whose callers have had a session. */
  readonly #numbers = new Set<string>()
  #previous: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Offers a script to the next new session; resolves when the one offered before has been taken. A caller who is
   * known waits for nobody.
   * @param from number of the caller
   */
  async offer(script: ModelScript, from: string): Promise<void> {
    if (this.#numbers.has(from)) return this.#add({ script, from, taken: () => undefined })
    const before = this.#previous
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#previous = promise
    await before
    const timer = this.#clock.setTimer(SESSION_WAIT_MS, resolve)
    const taken = (): void => {
      timer.cancel()
      resolve()
    }
    this.#add({ script, from, taken })
  }

  /**
   * The script of a session: the latest offer of a caller who is not known yet, what was offered for a caller who is,
   * or what this caller's last session had. A caller who reconnects takes nobody else's.
   * @param caller as the session's handshake names them, which says nothing of their number
   */
  take(caller: string, sessionNumber: number): ModelScript {
    const known = this.#byCaller.get(caller)
    const next = this.#next(known?.from)
    next?.taken()
    const found = next ?? known ?? { script: { hears: [], replies: [] }, from: '' }
    this.#byCaller.delete(caller)
    this.#byCaller.set(caller, found)
    this.#numbers.add(found.from)
    const [oldest] = this.#byCaller
    if (this.#byCaller.size > MAX_CALLERS && oldest) {
      this.#byCaller.delete(oldest[0])
      this.#numbers.delete(oldest[1].from)
    }
    this.#bySession.set(sessionNumber, found.script)
    if (this.#bySession.size > MAX_SESSIONS) this.#bySession.delete(sessionNumber - MAX_SESSIONS)
    return found.script
  }

  /** Lets go of the scripts of all sessions but these. */
  keepOnly(sessionNumbers: ReadonlySet<number>): void {
    for (const number of this.#bySession.keys())
      if (!sessionNumbers.has(number)) this.#bySession.delete(number)
  }

  /** The script that a session was given. */
  of(sessionNumber: number): ModelScript | undefined {
    return this.#bySession.get(sessionNumber)
  }

  #add(offer: Offer): void {
    this.#waiting.push(offer)
    if (this.#waiting.length > MAX_OFFERS) this.#waiting.shift()
  }

  /** The latest offer that suits; those before it from the same number were of calls that found no session. */
  #next(from: string | undefined): Offer | undefined {
    const next = this.#waiting.findLast((offer) =>
      from === undefined ? !this.#numbers.has(offer.from) : offer.from === from,
    )
    if (next) this.#waiting = this.#waiting.filter((offer) => offer.from !== next.from)
    return next
  }
}
