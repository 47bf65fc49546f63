/** What to do with a media message that has arrived. */
export type Placement =
  | { readonly kind: 'play' }
  /** Audio is missing before this message: play so much silence first. */
  | { readonly kind: 'playAfterSilence'; readonly silentMs: number }
  | { readonly kind: 'drop'; readonly reason: 'late' | 'fasterThanRealTime' }

/** A gap is filled up to this length: nobody is helped by more silence. */
const LONGEST_FILL_MS = 10_000

/** How far audio may run ahead of real time. */
const LEAD_MS = 2_000

/** A smaller step is jitter of the timestamps and not a missing frame. */
const FRAME_MS = 20

/** After half a second of messages that all come too late, the timestamps have started anew. */
const LATE_BEFORE_RESTART = 25

/** No message is overtaken by so much: a longer step back is another clock, and nothing said after it is late. */
const LONGEST_LATE_MS = 1_000

const play: Placement = { kind: 'play' }
const late: Placement = { kind: 'drop', reason: 'late' }
const fasterThanRealTime: Placement = { kind: 'drop', reason: 'fasterThanRealTime' }

/**
 * Puts the media messages of one stream on a time line. Lost audio is never sent, and the only sign of it is a step
 * in the timestamps; a voice detection that hears no gap would join two words.
 *
 * Faster than real time is measured by a bucket of milliseconds: it starts with a lead of 2 s, fills as time
 * passes and is emptied by what is played, silence included. It holds 12 s at most, so that the backlog after a stall
 * of up to 10 s is played in full: that audio is owed. Once it is empty, arriving messages are dropped until time has
 * caught up. Nothing is queued here, so of a burst the part beyond the lead is what goes.
 */
export class MediaClock {
  #lastTimestampMs: number | undefined
  #expectedMs = 0
  #lateInARow = 0
  #creditMs = LEAD_MS
  #creditedAtMs: number | undefined

  /**
   * @param media.timestampMs as the message says
   * @param media.durationMs of its payload
   * @param media.nowMs monotonic clock at arrival
   */
  place(media: {
    readonly timestampMs: number
    readonly durationMs: number
    readonly nowMs: number
  }): Placement {
    const { timestampMs, durationMs } = media
    if (this.#isLate(timestampMs)) return late

    this.#earn(media.nowMs)
    const isFirst = this.#lastTimestampMs === undefined
    const stepMs = isFirst ? 0 : timestampMs - this.#expectedMs
    const isGap = stepMs >= FRAME_MS
    // A smaller step stays in the account, so that many of them become a gap.
    this.#expectedMs = (isFirst || isGap ? timestampMs : this.#expectedMs) + durationMs
    this.#lastTimestampMs = timestampMs

    if (durationMs > this.#creditMs) return fasterThanRealTime
    this.#creditMs -= durationMs
    const silentMs = isGap ? Math.floor(Math.min(stepMs, LONGEST_FILL_MS, this.#creditMs)) : 0
    this.#creditMs -= silentMs
    return silentMs > 0 ? { kind: 'playAfterSilence', silentMs } : play
  }

  /** Out of order or repeated; true at most 25 times in a row. */
  #isLate(timestampMs: number): boolean {
    if (this.#lastTimestampMs !== undefined && timestampMs <= this.#lastTimestampMs) {
      this.#lateInARow += 1
      const isOvertaken = this.#lastTimestampMs - timestampMs <= LONGEST_LATE_MS
      if (isOvertaken && this.#lateInARow <= LATE_BEFORE_RESTART) return true
      this.#lastTimestampMs = undefined
    }
    this.#lateInARow = 0
    return false
  }

  /** In whole milliseconds: such numbers stand in the object itself, others in memory of their own. */
  #earn(atMs: number): void {
    const nowMs = Math.floor(atMs)
    const passedMs = this.#creditedAtMs === undefined ? 0 : nowMs - this.#creditedAtMs
    this.#creditMs = Math.min(LEAD_MS + LONGEST_FILL_MS, this.#creditMs + passedMs)
    this.#creditedAtMs = nowMs
  }
}
