import type { Clock } from '../../lib/clock.ts'
import { waitMs } from '../twilio/wait.ts'
import { DrillError, type DrillGround, rounded } from './drill.ts'
import { heldBytes } from './server-memory.ts'

const MEGABYTE = 1_048_576
/** Log lines that no input may bring about. */
const ALARMS: ReadonlySet<unknown> = new Set(['error', 'fatal'])

/** What a server under drill says of itself, seen from outside of it. */
export class ServerWatch {
  readonly #ground: DrillGround
  readonly #clock: Clock
  #ended: number | NodeJS.Signals | undefined
  #heldMb: number[] = []
  #residentMb: number[] = []
  readonly #alarms = new Set<string>()

  /** @throws DrillError when the server is no process of its own */
  constructor(ground: DrillGround, clock: Clock) {
    const server = ground.server?.()
    if (!server) throw new DrillError('Cannot run this drill: its server has to be a process of its own')
    this.#ground = ground
    this.#clock = clock
    void server.exited.then((how) => (this.#ended = how))
  }

  /** How the server ended on its own; undefined while it runs. */
  get ended(): number | NodeJS.Signals | undefined {
    return this.#ended
  }

  /**
   * Its counters and gauges as they are now.
   * @throws DrillError when it does not answer any more
   */
  async metrics(): Promise<ServerMetrics> {
    const text = await this.#ground
      .server?.()
      .metrics()
      .catch(() => undefined)
    if (text === undefined)
      throw new DrillError(`Cannot go on: the server has ended (${this.#ended}): ${this.#lastWords()}`)
    return new ServerMetrics(text)
  }

  /** Notes what it holds after a collection of garbage, and what it occupies; and what it has cried out meanwhile. */
  async weigh(): Promise<void> {
    const held = await heldBytes(this.#ground, this.#clock)
    const resident = (await this.metrics()).sum('process_resident_memory_bytes')
    this.#heldMb.push(rounded((held ?? Number.NaN) / MEGABYTE, 1))
    this.#residentMb.push(rounded(resident / MEGABYTE, 1))
    this.listen()
  }

  /** Looks through the last of its log for lines that no input may bring about; called often enough, none is missed. */
  listen(): void {
    for (const line of this.#ground.server?.().log().split('\n') ?? []) {
      const entry = entryOf(line)
      if (ALARMS.has(entry?.['level'])) {
        this.#alarms.add(
          [entry?.['kind'], entry?.['name'], entry?.['reason'], entry?.['code']].join(' ').trim(),
        )
      }
    }
  }

  /** Lines of a kind among the last of its log. */
  countLines(kind: string): number {
    const lines = this.#ground.server?.().log().split('\n') ?? []
    return lines.filter((line) => entryOf(line)?.['kind'] === kind).length
  }

  /** Everything that was weighed, in megabytes, and how much more is held than after the first time. */
  memory(): {
    readonly heldMb: readonly number[]
    readonly residentMb: readonly number[]
    readonly grownMb: number
  } {
    const [first = Number.NaN] = this.#heldMb
    const grownMb = rounded((this.#heldMb.at(-1) ?? Number.NaN) - first, 1)
    return { heldMb: this.#heldMb, residentMb: this.#residentMb, grownMb }
  }

  /** Errors that it has logged, each sort once. */
  alarms(): readonly string[] {
    return [...this.#alarms].toSorted()
  }

  /** Waits until a condition on its metrics holds, or the time is over. @returns the last metrics that were read */
  async until(holds: (metrics: ServerMetrics) => boolean, withinMs: number): Promise<ServerMetrics> {
    const untilMs = this.#clock.nowMs() + withinMs
    for (;;) {
      const metrics = await this.metrics()
      if (holds(metrics) || this.#clock.nowMs() >= untilMs) return metrics
      await waitMs(this.#clock, 100, AbortSignal.any([]))
    }
  }

  #lastWords(): string {
    return this.#ground.server?.().log().trim().split('\n').at(-1) ?? ''
  }
}

/** A server's metrics at one moment. */
export class ServerMetrics {
  readonly #text: string

  /** @param text as Prometheus reads them */
  constructor(text: string) {
    this.#text = text
  }

  /** The sum of a metric over all of its label sets that contain these. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    return this.#lines(name)
      .filter(({ set }) => wanted.every((each) => set.split(',').includes(each)))
      .reduce((sum, { value }) => sum + value, 0)
  }

  /** A metric by the values of one label. */
  by(name: string, label: string, among: Readonly<Record<string, string>> = {}): Map<string, number> {
    const found = new Map<string, number>()
    for (const { set } of this.#lines(name)) {
      const value = new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(set)?.[1]
      if (value !== undefined) found.set(value, this.sum(name, { ...among, [label]: value }))
    }
    return found
  }

  #lines(name: string): readonly { readonly set: string; readonly value: number }[] {
    const lines = this.#text.matchAll(new RegExp(`^${name}(?:\\{([^}]*)\\})? (\\S+)$`, 'gm'))
    return [...lines].map(([, set = '', value]) => ({ set, value: Number(value) }))
  }
}

function entryOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
