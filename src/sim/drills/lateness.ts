import { BYTES_PER_MS } from '../caller/sounds.ts'
import { percentile, rounded } from './drill.ts'
import type { Stall, StallMeter } from './stall-meter.ts'

/** How late one piece of audio was, at the time at which it should have come. */
export type Lateness = { readonly dueMs: number; readonly lateMs: number }

/** How late audio was in a stretch of time, both ways, in milliseconds. */
export type Felt = { readonly up: LateMs; readonly down: LateMs }
type LateMs = { readonly p99: number; readonly max: number }

/** Bytes of PCM at 24 kHz per millisecond. */
const MODEL_BYTES_PER_MS = 48
/** The filters of the downlink keep back less than this at the end of a reply. */
const SLACK_MS = 30

/**
 * How late the audio of one call is on its way to the model. Its frames leave every 20 ms without drift, so the most
 * punctual one tells when each of the others should have come: no clock of another process is needed.
 */
export class UplinkLateness {
  readonly #arrivals: { readonly atMs: number; readonly audioMs: number }[] = []
  #audioMs = 0
  /** When the first sample would have come, had everything been as punctual as the most punctual piece. */
  #originMs = Infinity

  /** A piece has come to the model. */
  append(atMs: number, bytes: number): void {
    this.#audioMs += bytes / MODEL_BYTES_PER_MS
    this.#arrivals.push({ atMs, audioMs: this.#audioMs })
    this.#originMs = Math.min(this.#originMs, atMs - this.#audioMs)
  }

  /** The pieces that were due in a stretch of time. */
  within(stretch: Stall): readonly Lateness[] {
    const found: Lateness[] = []
    // From the latest backwards: nothing comes before it is due.
    for (let index = this.#arrivals.length - 1; index >= 0; index--) {
      const { atMs, audioMs } = this.#arrivals[index] ?? { atMs: -Infinity, audioMs: 0 }
      if (atMs < stretch.fromMs) break
      const dueMs = this.#originMs + audioMs
      if (dueMs >= stretch.fromMs && dueMs < stretch.toMs) found.push({ dueMs, lateMs: atMs - dueMs })
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
 * How late pieces of audio were at worst.
 * @param stalls of this process, which are no lateness of the server; none where both are one process
 */
export function lateMsOf(found: readonly Lateness[], stalls: StallMeter | undefined): LateMs {
  const lateMs = found.map(({ dueMs, lateMs: late }) => {
    const stalledMs = stalls?.stalledMs({ fromMs: dueMs, toMs: dueMs + late }) ?? 0
    return Math.max(0, late - stalledMs)
  })
  const max = lateMs.reduce((most, each) => Math.max(most, each), 0)
  return { p99: lateMs.length === 0 ? 0 : rounded(percentile(lateMs, 0.99), 1), max: rounded(max, 1) }
}
