import { Errands } from '../../../src/call/errands.ts'
import { LostCalls } from '../../../src/call/lost-calls.ts'
import { Reconciler } from '../../../src/gate/reconciler.ts'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { CallStanding } from '../../../src/ports/call-inquiry.ts'
import type { ErrandReport } from '../../../src/ports/errand-report.ts'
import type { CallStatusUpdate } from '../../../src/ports/incoming-calls.ts'
import type { Records } from '../../../src/storage/open-storage.ts'
import { recordedLog } from '../../http/serving.ts'
import { openedRecords, temporaryFolder } from '../../storage/opening.ts'
import { newCallSid, startedAtMs } from '../../storage/records.ts'
import { intentTo } from './placed.ts'

/** Whom the calls are to. */
export const ann = '+14155550123'
export const our = '+14155550100'
export const MINUTE_MS = 60_000
const LONGEST_MS = 10 * MINUTE_MS
/** What the network says of a call. */
export const busy: CallStanding = { kind: 'known', status: 'busy' }
export const lives: CallStanding = { kind: 'known', status: 'in-progress' }
export const silent: CallStanding = { kind: 'failed', code: 'timeout', sentence: 'No answer' }

type Placed = { readonly ref: string; readonly sessionId: string; readonly callSid: string }

/** A process, its records, and a network that is asked. */
export class World implements AsyncDisposable {
  readonly clock: VirtualClock
  readonly log = recordedLog()
  readonly notices: ErrandReport[] = []
  readonly heard: ErrandReport[] = []
  /** Calls that were asked about, and when, in minutes of the clock. */
  readonly asked: (readonly [callSid: string, minute: number])[] = []
  standing: (callSid: string, signal: AbortSignal | undefined) => Promise<CallStanding> = async () => busy
  readonly records: Records
  readonly errands: Errands
  readonly reconciler: Reconciler
  readonly #held: AsyncDisposableStack
  #work: Promise<unknown>[] = []

  private constructor(held: AsyncDisposableStack, records: Records, clock: VirtualClock) {
    this.#held = held
    this.records = records
    this.clock = clock
    const { log } = this
    this.reconciler = new Reconciler({ effects: records.effects, clock, log })
    this.errands = new Errands({
      ...records,
      clock,
      log,
      ownNumbers: [our],
      background: (_name, work) => void this.#work.push(work),
      ownerNotice: {
        messageKept: () => Promise.reject(new Error('No message was kept')),
        errandOver: async (report) => void this.notices.push(report),
      },
    })
  }

  /** @param earlyMs how long before all calls are placed */
  static async open(earlyMs = 0): Promise<World> {
    await using held = new AsyncDisposableStack()
    const folder = held.use(temporaryFolder())
    const records = held.use(await openedRecords(folder.path, { commits: 'loop' }))
    return new World(held.move(), records, new VirtualClock(startedAtMs - earlyMs))
  }

  /** Looks for lost calls as a process does that has just started. */
  start(): LostCalls {
    const { clock, log, records } = this
    const lost = this.#held.use(
      new LostCalls({
        ...records,
        clock,
        log,
        inquiry: {
          standing: (callSid, signal) => {
            this.asked.push([callSid, clock.nowMs() / MINUTE_MS])
            return this.standing(callSid, signal)
          },
        },
        tell: (update) => this.told(update),
        background: (_name, work) => void this.#work.push(work),
        ringMs: 2 * MINUTE_MS,
        longestMs: LONGEST_MS,
      }),
    )
    lost.watch()
    return lost
  }

  /** Starts, and lets the first look end. */
  async watch(): Promise<void> {
    this.start()
    await this.settled()
  }

  /** A callback, or what is taken for one. */
  async told(update: CallStatusUpdate & { readonly ref: string }): Promise<void> {
    await this.reconciler.onCallStatus(update)
    await this.errands.onCallStatus(update)
  }

  /** The network has taken a call; nothing more is known of it. */
  async placed(): Promise<Placed> {
    const errand = await intentTo(this.records, { to_number: ann, purpose: 'Book a table' })
    const callSid = newCallSid()
    const outcome = { state: 'done', providerId: callSid, settledAtMs: startedAtMs } as const
    await this.records.effects.settleIntent(errand.ref, outcome)
    this.errands.watch(errand.sessionId, (report) => void this.heard.push(report))
    return { ...errand, callSid }
  }

  async settled(): Promise<void> {
    while (this.#work.length > 0) await Promise.all(this.#work.splice(0))
  }

  async minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute++) {
      this.clock.advance(MINUTE_MS)
      await this.settled()
    }
  }

  minutesAsked(): readonly number[] {
    return this.asked.map(([, minute]) => minute)
  }

  async outcome(ref: string) {
    return (await this.records.effects.findIntent(ref))?.outcome
  }

  async outcomes() {
    const all = await this.records.audit.page({ afterSeq: 0, maxRecords: 99 })
    return all.filter(({ kind }) => kind === 'outcome').map(({ data }) => [data.state, data.code])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.errands[Symbol.dispose]()
    await this.#held.disposeAsync()
  }
}
