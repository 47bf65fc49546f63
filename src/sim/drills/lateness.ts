import { BYTES_PER_MS } from '../caller/sounds.ts'
import { percentile, rounded } from './drill.ts'
import type { Stall } from './stall-meter.ts'
import type { Standstill } from './standstill.ts'

/** How late one piece of audio was, at the time at which it should have come. */
export type Lateness = { readonly dueMs: number; readonly lateMs: number }

/** How late audio was at worst, to the model and to the caller, in milliseconds. */
export type Felt = { readonly up: number; readonly down: number }

/** Bytes of PCM at 24 kHz per millisecond. */
const MODEL_BYTES_PER_MS = 48
/** Before it is ready, a session is given nothing, and afterwards all of that at once. */
const OPENING_MS = 1_000
/** The filters of the downlink keep back less than this at the end of a reply. */
const SLACK_MS = 30

/**
 * How late the audio of one session is on its way to the model. Its frames leave every 20 ms without drift, so the most
 * punctual one tells when each of the others should have come: no clock of another process is needed.
 */
export class UplinkLateness {
  readonly #atMs: number[] = []
  readonly #audioMs: number[] = []
  #appendedMs = 0
  /** When the first sample would have come, had everything been as punctual as the most punctual piece. */
  #originMs = Infinity

  /** A piece has come to the model. */
  append(atMs: number, bytes: number): void {
    this.#appendedMs += bytes / MODEL_BYTES_PER_MS
    this.#atMs.push(atMs)
    this.#audioMs.push(this.#appendedMs)
    this.#originMs = Math.min(this.#originMs, atMs - this.#appendedMs)
  }

  /** The pieces that were due in a stretch of time; not those that were kept until the session was ready. */
  within(stretch: Stall): readonly Lateness[] {
    const measuredFromMs = Math.max(stretch.fromMs, (this.#atMs[0] ?? 0) + OPENING_MS)
    const found: Lateness[] = []
    // From the latest backwards: nothing comes before it is due.
    for (let index = this.#atMs.length - 1; index >= 0; index--) {
      const atMs = this.#atMs[index] ?? -Infinity
      if (atMs < measuredFromMs) break
      const dueMs = this.#originMs + (this.#audioMs[index] ?? 0)
      if (dueMs >= measuredFromMs && dueMs < stretch.toMs) found.push({ dueMs, lateMs: atMs - dueMs })
    }
    return found
  }
}

/** How late the audio of one call is on its way from the model to the caller, after it was emitted. */
export class DownlinkLateness {
  readonly #found: Lateness[] = []
  readonly #waiting: { readonly atMs: number; readonly audioMs: number }[] = []
  #emittedMs = 0
  #heardMs = 0
  /** What has come besides audio of the model: fixed sentences. */
  #besideMs = 0

  /** The model has emitted audio. */
  emit(atMs: number, bytes: number): void {
    if (this.#waiting.length === 0) this.#besideMs = this.#heardMs - this.#emittedMs
    this.#emittedMs += bytes / MODEL_BYTES_PER_MS
    this.#waiting.push({ atMs, audioMs: this.#emittedMs })
  }

  /** Audio has come to the telephone. */
  arrive(atMs: number, bytes: number): void {
    this.#heardMs += bytes / BYTES_PER_MS
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#heardMs - this.#besideMs < next.audioMs - SLACK_MS) return
      this.#waiting.shift()
      this.#found.push({ dueMs: next.atMs, lateMs: atMs - next.atMs })
    }
  }

  /** The pieces that were emitted in a stretch of time. */
  within(stretch: Stall): readonly Lateness[] {
    return this.#found.filter(({ dueMs }) => dueMs >= stretch.fromMs && dueMs < stretch.toMs)
  }
}

/**
 * How late pieces of audio were at worst, in milliseconds; 0 of none.
 * @param excused what is no lateness of the server: that this process stood still, or the machine let others run;
 *   nothing where server and world are one process
 */
export function worstLateMs(
  found: readonly Lateness[],
  excused: Pick<Standstill, 'stalledMs'> | undefined,
): number {
  const worst = found.reduce((most, { dueMs, lateMs }) => {
    if (lateMs <= most) return most
    return Math.max(most, lateMs - (excused?.stalledMs({ fromMs: dueMs, toMs: dueMs + lateMs }) ?? 0))
  }, 0)
  return rounded(worst, 1)
}

/**
 * What can be felt in a stretch of time in which nothing goes wrong: in half of such stretches no more. One time at which
 * the machine stood still says nothing of the others, and excuses nothing.
 */
export function usuallyFelt(quiet: readonly Felt[]): Felt {
  const share = (way: 'up' | 'down'): number =>
    quiet.length === 0
      ? 0
      : percentile(
          quiet.map((felt) => felt[way]),
          0.5,
        )
  return { up: share('up'), down: share('down') }
}
