import { decodeMulaw } from '../audio/g711.ts'
import { writeWav } from '../audio/wav.ts'
import { BYTES_PER_MS, LINE_RATE_HZ } from '../caller/sounds.ts'

/** What `<Record>` left behind. */
export type CallRecording = {
  readonly sid: string
  readonly callSid: string
  readonly ulaw: Uint8Array
  readonly startWallMs: number
}

/** The recordings of an account, oldest forgotten first. */
export class Recordings {
  readonly #capacity: number
  readonly #bySid = new Map<string, CallRecording>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Keeps a recording. */
  add(recording: CallRecording): void {
    this.#bySid.set(recording.sid, recording)
    for (const sid of this.#bySid.keys()) if (this.#bySid.size > this.#capacity) this.#bySid.delete(sid)
  }

  /** Forgets the recordings of all calls but these. */
  keepOnly(calls: { has(callSid: string): boolean }): void {
    for (const { sid, callSid } of this.#bySid.values()) if (!calls.has(callSid)) this.#bySid.delete(sid)
  }

  /** A recording, if it is still kept. */
  find(sid: string): CallRecording | undefined {
    return this.#bySid.get(sid)
  }

  /** Forgets a recording; false when there is none. */
  remove(sid: string): boolean {
    return this.#bySid.delete(sid)
  }
}

/** Length in whole seconds, as Twilio tells it. */
export function recordingSeconds(recording: CallRecording): number {
  return Math.round(recording.ulaw.length / BYTES_PER_MS / 1_000)
}

/** The recording as a WAV file. */
export function recordingWav(recording: CallRecording): Uint8Array {
  return writeWav({ rateHz: LINE_RATE_HZ, samples: decodeMulaw(recording.ulaw) })
}
