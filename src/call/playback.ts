import { ULAW_BYTES_PER_MS } from '../audio/frame.ts'
import type { MediaSink } from '../ports/telephony.ts'
import type { Heard, Utterance } from './event.ts'

/** The longest piece of audio in one message, in µ-law bytes (400 ms). */
const PIECE_BYTES = 400 * ULAW_BYTES_PER_MS
/** While marks are under way a further one follows so much audio, or what is left at the end of an utterance (400 ms). */
const MARK_EVERY_BYTES = 400 * ULAW_BYTES_PER_MS
/** Audio sent but not yet played, at most: half of what the network buffers (10 minutes). More is not sent. */
const MAX_QUEUED_BYTES = 300_000 * ULAW_BYTES_PER_MS
/** Marks whose punctuality is compared: a second or two of sound. */
const MARKS_COMPARED = 3
/** Marks that may be under way: many more than what is queued at most has. What would need more is not sent. */
const MAX_MARKS = 2_000
/** Utterances remembered at once; finished ones are forgotten first, and where none is, no further one is sent. */
const MAX_UTTERANCES = 64

type Reply = Extract<Utterance, { kind: 'reply' }>

type Segment = {
  readonly utterance: Utterance
  sentBytes: number
  heardBytes: number
  complete: boolean
  announced: boolean
}

/** Audio of one utterance with a mark behind it, or that waits for one. */
type Stretch = { readonly segment: Segment; bytes: number }

type Mark = Stretch & { readonly name: string }

/** What playback tells its owner while marks come back. */
export type PlaybackListener = {
  onFirstHeard(utterance: Utterance, atMs: number): void
  onUtteranceHeard(
    heard: { readonly utterance: Utterance; readonly heardMs: number; readonly quiet: boolean },
    atMs: number,
  ): void
  /** All that was sent of a reply was played, and it is not complete. */
  onReplyStalled(reply: Reply, atMs: number): void
}

/**
 * Counts what was sent to a caller and what was heard of it. Audio goes out as it arrives, with marks between; a
 * returned mark proves that everything before it was played. Where no mark is under way one follows at once, and so
 * nothing that was sent stays without one; else marks are spared, for each of them wakes the process up when it comes
 * back. Between two marks the position is estimated by the time that passed, and never beyond what was sent. A clear
 * starts a new generation, so that the marks which the clear itself returns prove nothing.
 */
export class Playback {
  readonly #listener: PlaybackListener
  #sink: MediaSink | undefined
  #generation = 0
  #nextMark = 0
  #segments: Segment[] = []
  #marks: Mark[] = []
  /** What was sent last, with no mark behind it yet. */
  #unmarked: Stretch | undefined
  /** When the audio before the last returned mark had been played, as far as that is known. */
  #playedAtMs = 0
  /** Playing without a break since #runAtMs: the bytes whose marks have come back, and how late the last marks were. */
  #runAtMs = 0
  #runBytes = 0
  #latenessMs: number[] = []
  /** Bytes sent whose mark has not come back. */
  #outstandingBytes = 0

  constructor(listener: PlaybackListener) {
    this.#listener = listener
  }

  /** Joins the stream that is spoken into; what an earlier stream had queued is gone. */
  attach(sink: MediaSink | undefined): void {
    this.#sink = sink
    this.#restart()
  }

  /**
   * Sends audio of an utterance, after everything sent before.
   * @param ulaw µ-law 8 kHz, any length
   * @returns false when nothing was sent: no stream, or too much is queued already
   */
  send(utterance: Utterance, ulaw: Uint8Array, atMs: number): boolean {
    const sink = this.#sink
    if (!sink || this.#queuedBytes(atMs) + ulaw.length > MAX_QUEUED_BYTES) return false
    if (this.#marks.length >= MAX_MARKS) return false
    const segment = this.#segmentOf(utterance)
    if (!segment) return false
    if (this.#marks.length === 0) this.#beginRun(atMs)
    if (this.#unmarked?.segment !== segment) this.#mark()
    for (let start = 0; start < ulaw.length; start += PIECE_BYTES) {
      const piece = ulaw.subarray(start, start + PIECE_BYTES)
      // Sending may find that the stream is over, and what was counted for it is gone then.
      if (this.#sink !== sink || !sink.sendMedia(piece)) return false
      segment.sentBytes += piece.length
      this.#outstandingBytes += piece.length
      this.#unmarked ??= { segment, bytes: 0 }
      this.#unmarked.bytes += piece.length
      if (this.#marks.length === 0 || this.#unmarked.bytes >= MARK_EVERY_BYTES) this.#mark()
    }
    // Before anything else is done: the caller waits for it.
    sink.flush()
    return true
  }

  /** Says that nothing more will be sent for the utterance. One that was never sent anything counts as unheard. */
  complete(utterance: Utterance, atMs: number): void {
    const segment = this.#segments.find((one) => same(one.utterance, utterance))
    if (!segment || segment.complete) return
    segment.complete = true
    if (this.#unmarked?.segment === segment) this.#markNow()
    if (segment.heardBytes >= segment.sentBytes) this.#announceEnd(segment, atMs)
  }

  /** How much was sent of a reply that may still be heard; 0 for one that was cleared, or that nothing was sent of. */
  sentMs(itemId: string): number {
    const segment = this.#segments.findLast(
      ({ utterance }) => utterance.kind === 'reply' && utterance.itemId === itemId,
    )
    return Math.floor((segment?.sentBytes ?? 0) / ULAW_BYTES_PER_MS)
  }

  /** Says so of every reply of a response that has ended, or of all when their session has. */
  completeReplies(responseId: string | undefined, atMs: number): void {
    for (const { utterance } of this.#segments) {
      if (utterance.kind !== 'reply') continue
      if (responseId === undefined || utterance.responseId === responseId) this.complete(utterance, atMs)
    }
  }

  /** Takes a returned mark. Marks of an older generation prove nothing and are ignored. */
  onMark(name: string, atMs: number): void {
    const index = this.#marks.findIndex((mark) => mark.name === name)
    if (index < 0) return
    // Nearly always it is the first one, for which no list is made.
    const [first] = this.#marks
    if (index === 0 && first) {
      this.#marks.shift()
      this.#wasHeard(first, atMs)
    } else for (const mark of this.#marks.splice(0, index + 1)) this.#wasHeard(mark, atMs)
    if (this.#marks.length > 0) return
    if (this.#unmarked) return this.#markNow()
    const open = this.#segments.findLast((one) => !one.complete)
    if (open?.utterance.kind === 'reply') this.#listener.onReplyStalled(open.utterance, atMs)
  }

  /** Drops what is queued at the other side. Ask heard() before. */
  clear(): void {
    // INVARIANT: the new generation begins first, so that no mark this clear returns is taken for one that was played.
    this.#restart()
    this.#sink?.clear()
  }

  /** How far each utterance got that is not yet fully heard, in order of sending. */
  heard(atMs: number): readonly Heard[] {
    const extra = this.#playedSinceLastMark(atMs)
    return this.#segments
      .filter((segment) => !segment.announced)
      .map((segment) => ({
        utterance: segment.utterance,
        sentMs: Math.floor(segment.sentBytes / ULAW_BYTES_PER_MS),
        heardMs: Math.floor((segment.heardBytes + (extra.get(segment) ?? 0)) / ULAW_BYTES_PER_MS),
        complete: segment.complete,
      }))
  }

  /** Sends a mark behind what has none. */
  #mark(): void {
    const stretch = this.#unmarked
    if (!stretch) return
    this.#unmarked = undefined
    const name = `g${this.#generation}:${this.#nextMark++}`
    this.#marks.push({ ...stretch, name })
    this.#sink?.sendMark(name)
  }

  /** The same, at once. */
  #markNow(): void {
    this.#mark()
    this.#sink?.flush()
  }

  #wasHeard(mark: Mark, atMs: number): void {
    const { segment } = mark
    const isFirst = segment.heardBytes === 0
    segment.heardBytes += mark.bytes
    this.#outstandingBytes -= mark.bytes
    this.#playedAtMs = this.#playedBy(mark, atMs)
    if (isFirst) this.#listener.onFirstHeard(segment.utterance, atMs)
    if (segment.complete && segment.heardBytes >= segment.sentBytes) this.#announceEnd(segment, atMs)
  }

  #beginRun(atMs: number): void {
    this.#playedAtMs = atMs
    this.#runAtMs = atMs
    this.#runBytes = 0
    this.#latenessMs = []
  }

  /**
   * When the audio before a mark was played. Sound goes on while a mark waits in a busy process or on the way, so it is
   * the most punctual of the last marks that tells where the sound is; five of them forget a break within a second.
   */
  #playedBy(mark: Mark, atMs: number): number {
    this.#runBytes += mark.bytes
    const lateMs = atMs - this.#runAtMs - this.#runBytes / ULAW_BYTES_PER_MS
    if (this.#latenessMs.length === MARKS_COMPARED) this.#latenessMs.shift()
    this.#latenessMs.push(lateMs)
    return atMs - (lateMs - Math.min(...this.#latenessMs))
  }

  #restart(): void {
    this.#generation++
    this.#segments = []
    this.#marks = []
    this.#unmarked = undefined
    this.#outstandingBytes = 0
  }

  #segmentOf(utterance: Utterance): Segment | undefined {
    const known = this.#segments.findLast((segment) => same(segment.utterance, utterance))
    if (known) return known
    const segment = { utterance, sentBytes: 0, heardBytes: 0, complete: false, announced: false }
    if (this.#segments.length >= MAX_UTTERANCES)
      this.#segments = this.#segments.filter((one) => !one.announced)
    if (this.#segments.length >= MAX_UTTERANCES) return undefined
    this.#segments.push(segment)
    return segment
  }

  #announceEnd(segment: Segment, atMs: number): void {
    segment.announced = true
    const heardMs = Math.floor(segment.heardBytes / ULAW_BYTES_PER_MS)
    const quiet = this.#segments.every((one) => one.announced)
    this.#listener.onUtteranceHeard({ utterance: segment.utterance, heardMs, quiet }, atMs)
  }

  /** Bytes beyond the last returned mark that time alone says were played, shared out in order of sending. */
  #playedSinceLastMark(atMs: number): ReadonlyMap<Segment, number> {
    let restBytes = this.#estimatedBytes(atMs)
    const played = new Map<Segment, number>()
    for (const { segment, bytes: all } of this.#unmarked ? [...this.#marks, this.#unmarked] : this.#marks) {
      if (restBytes <= 0) break
      const bytes = Math.min(restBytes, all)
      played.set(segment, (played.get(segment) ?? 0) + bytes)
      restBytes -= bytes
    }
    return played
  }

  #estimatedBytes(atMs: number): number {
    const elapsedBytes = Math.max(0, Math.floor((atMs - this.#playedAtMs) * ULAW_BYTES_PER_MS))
    return Math.min(this.#outstandingBytes, elapsedBytes)
  }

  #queuedBytes(atMs: number): number {
    return this.#outstandingBytes - this.#estimatedBytes(atMs)
  }
}

/** Whether two utterances are the same one. */
function same(a: Utterance, b: Utterance): boolean {
  if (a.kind === 'reply') return b.kind === 'reply' && a.itemId === b.itemId
  return b.kind === 'clip' && a.clipId === b.clipId
}
