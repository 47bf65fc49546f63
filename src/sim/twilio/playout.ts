import { BYTES_PER_MS } from '../caller/sounds.ts'

const RECORDS_KEPT = 10_000

/** A stretch of audio that was heard without a pause. */
export type PlayedRun = {
  /** Clock time at which its first byte began to sound. */
  readonly atMs: number
  /** How many bytes had been played before it. */
  readonly fromByte: number
  readonly bytes: number
}

/** A `clear` as it happened: what had been received, played and thrown away when it came. */
export type ClearRecord = {
  readonly atMs: number
  /** Bytes received on the stream before this clear. */
  readonly receivedBytes: number
  /** Bytes truly heard by then, to the byte. */
  readonly heardBytes: number
  /** Bytes that will have been heard: a frame that has left is heard to its end. */
  readonly playedBytes: number
  /** Bytes thrown away by this clear. */
  readonly droppedBytes: number
}

/** A mark as it came and went. */
export type MarkRecord = {
  readonly name: string
  readonly atMs: number
  /** Bytes that must have been played before it returns. */
  readonly positionBytes: number
  readonly returnedAtMs: number | undefined
  /** `played`: its audio was heard. `cleared`: returned by a clear. `waiting`: not returned. */
  readonly fate: 'played' | 'cleared' | 'waiting'
}

/** What happened on a playout buffer; each list keeps its latest 10,000 entries. */
export type PlayoutRecord = {
  readonly receivedBytes: number
  readonly playedBytes: number
  /** Thrown away by clears and by overflow. */
  readonly droppedBytes: number
  readonly runs: readonly PlayedRun[]
  readonly clears: readonly ClearRecord[]
  readonly marks: readonly MarkRecord[]
}

/**
 * The buffer from which a stream's audio is played to the phone, frame by frame and in order of arrival. A frame
 * that has been taken is on its way and will be heard to its end; a mark returns when all before it has been heard.
 * Source: Twilio Media Streams, "mark" and "clear" messages
 */
export class Playout {
  readonly #capacityBytes: number
  readonly #markCapacity: number
  readonly #chunks: Uint8Array[] = []
  #waiting: MarkRecord[] = []
  readonly #returned: MarkRecord[] = []
  readonly #clears: ClearRecord[] = []
  readonly #runs: PlayedRun[] = []
  #receivedBytes = 0
  #bufferedBytes = 0
  #takenBytes = 0
  #playedBytes = 0
  #droppedBytes = 0

  constructor(options: { readonly capacityBytes: number; readonly markCapacity: number }) {
    this.#capacityBytes = options.capacityBytes
    this.#markCapacity = options.markCapacity
  }

  /**
   * Takes in audio of any length.
   * @returns how many of its last bytes were thrown away because the buffer was full
   */
  push(bytes: Uint8Array): number {
    const kept = Math.min(bytes.length, this.#capacityBytes - this.#bufferedBytes)
    if (kept > 0) this.#chunks.push(bytes.subarray(0, kept))
    this.#bufferedBytes += kept
    this.#receivedBytes += bytes.length
    this.#droppedBytes += bytes.length - kept
    return bytes.length - kept
  }

  /** Takes in a mark: `now` when nothing is left to play before it, `full` when too many wait and it was ignored. */
  mark(name: string, atMs: number): 'now' | 'later' | 'full' {
    const positionBytes = this.#takenBytes + this.#bufferedBytes
    const record: MarkRecord = { name, atMs, positionBytes, returnedAtMs: undefined, fate: 'waiting' }
    if (positionBytes <= this.#playedBytes && this.#waiting.length === 0) {
      this.#return([record], atMs, 'played')
      return 'now'
    }
    if (this.#waiting.length >= this.#markCapacity) return 'full'
    this.#waiting.push(record)
    return 'later'
  }

  /**
   * Throws away all that is still to be played.
   * @returns the names of every mark that was waiting, in order, and how much was thrown away
   */
  clear(atMs: number): { readonly marks: readonly string[]; readonly droppedBytes: number } {
    const droppedBytes = this.#bufferedBytes
    keep(this.#clears, {
      atMs,
      receivedBytes: this.#receivedBytes,
      heardBytes: playedBytesAtMs(this.#runs, atMs),
      playedBytes: this.#takenBytes,
      droppedBytes,
    })
    this.#droppedBytes += droppedBytes
    this.#bufferedBytes = 0
    this.#chunks.length = 0
    const waiting = this.#waiting
    this.#waiting = []
    return { marks: this.#return(waiting, atMs, 'cleared'), droppedBytes }
  }

  /**
   * Takes the audio of the next frame; the frame before it has been heard by now.
   * @param frame filled from its start with what there is; the rest is left alone
   * @param atMs when this frame begins to sound
   * @returns the names of the marks whose audio has been heard, in order
   */
  take(frame: Uint8Array, atMs: number): readonly string[] {
    this.#playedBytes = this.#takenBytes
    const due = this.#waiting.findIndex((mark) => mark.positionBytes > this.#playedBytes)
    const heard = this.#waiting.splice(0, due < 0 ? this.#waiting.length : due)
    const bytes = this.#fill(frame)
    if (bytes > 0) this.#log(atMs, bytes)
    this.#takenBytes += bytes
    return this.#return(heard, atMs, 'played')
  }

  /** A copy of what happened until now. */
  record(): PlayoutRecord {
    return {
      receivedBytes: this.#receivedBytes,
      playedBytes: this.#takenBytes,
      droppedBytes: this.#droppedBytes,
      runs: [...this.#runs],
      clears: [...this.#clears],
      marks: [...this.#returned, ...this.#waiting],
    }
  }

  /** How many bytes of the stream had been heard at a clock time. */
  playedBytesAtMs(atMs: number): number {
    return playedBytesAtMs(this.#runs, atMs)
  }

  #fill(frame: Uint8Array): number {
    let filled = 0
    while (filled < frame.length) {
      const chunk = this.#chunks[0]
      if (!chunk) break
      const piece = chunk.subarray(0, frame.length - filled)
      frame.set(piece, filled)
      filled += piece.length
      if (piece.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(piece.length)
    }
    this.#bufferedBytes -= filled
    return filled
  }

  #log(atMs: number, bytes: number): void {
    const last = this.#runs.at(-1)
    // Frame times are sums of fractions, so "the next byte" is a matter of a hundredth of a millisecond.
    if (last && Math.abs(last.atMs + last.bytes / BYTES_PER_MS - atMs) < 0.01) {
      this.#runs[this.#runs.length - 1] = { ...last, bytes: last.bytes + bytes }
    } else {
      keep(this.#runs, { atMs, fromByte: this.#takenBytes, bytes })
    }
  }

  #return(marks: readonly MarkRecord[], atMs: number, fate: 'played' | 'cleared'): readonly string[] {
    for (const mark of marks) keep(this.#returned, { ...mark, returnedAtMs: atMs, fate })
    return marks.map((mark) => mark.name)
  }
}

/** How many bytes had been heard at a clock time, from the runs of a record. */
export function playedBytesAtMs(runs: readonly PlayedRun[], atMs: number): number {
  const run = runs.findLast((each) => each.atMs <= atMs)
  return run ? run.fromByte + Math.min(run.bytes, Math.floor((atMs - run.atMs) * BYTES_PER_MS)) : 0
}

/** Adds to a list that keeps its latest entries. */
function keep<T>(list: T[], entry: T): void {
  if (list.length >= RECORDS_KEPT) list.shift()
  list.push(entry)
}
