import { ULAW_BYTES_PER_MS } from '../audio/frame.ts'

/** Memory to begin with: half a second. It grows to the bound, and what a long turn took beyond the usual is given back. */
const FIRST_BYTES = 500 * ULAW_BYTES_PER_MS
/** As much memory as turns of a few seconds take stays: to take it anew for each of them costs more than the rest. */
const USUAL_BYTES = 8_000 * ULAW_BYTES_PER_MS
/** Of what was sent so much is kept while no turn is open: a turn shows itself only after it has begun. */
const KEPT_BYTES = 1_000 * ULAW_BYTES_PER_MS
/** A turn is announced so long after its first sound, at most. */
const ONSET_BYTES = 600 * ULAW_BYTES_PER_MS
/** After a turn that is done with so much is kept: shorter than the silence that ended it, so nothing of its words. */
const TAIL_BYTES = 300 * ULAW_BYTES_PER_MS

/**
 * The caller's latest audio as µ-law, in order: what still waits for a session, and what was sent to one that may yet
 * be lost before it has understood it. Bounded: when it is full the oldest audio goes, since the last words matter
 * most.
 */
export class CallerAudio {
  readonly #maxBytes: number
  #memory = new Uint8Array(FIRST_BYTES)
  /** Its length, which is asked with every frame: kept here, where the rest of it is. */
  #capacity = FIRST_BYTES
  /** Offsets into the memory: the first byte held, the first not sent, and behind the last. */
  #start = 0
  #sent = 0
  #end = 0
  /** Where an open turn began. */
  #turnStart: number | undefined
  /** Where something began that our own ear took for a voice, and of which the session has not told yet. */
  #voiceStart: number | undefined
  #droppedBytes = 0

  /** @param maxMs how much is held, in milliseconds of audio */
  constructor(maxMs: number) {
    this.#maxBytes = Math.floor(maxMs * ULAW_BYTES_PER_MS)
  }

  /** Keeps a copy of audio that waits to be sent; drops the oldest bytes beyond the bound. */
  push(ulaw: Uint8Array): void {
    const kept = ulaw.length > this.#maxBytes ? ulaw.subarray(ulaw.length - this.#maxBytes) : ulaw
    this.#droppedBytes += ulaw.length - kept.length
    this.#makeRoom(kept.length)
    this.#memory.set(kept, this.#end)
    this.#end += kept.length
    this.#dropBefore(this.#end - this.#maxBytes)
  }

  /** What waits to be sent, oldest first; valid until the next call. */
  waiting(): Uint8Array {
    return this.#memory.subarray(this.#sent, this.#end)
  }

  /** Says that so many of the waiting bytes were sent. */
  markSent(bytes: number): void {
    this.#sent = Math.min(this.#end, this.#sent + bytes)
    const excess = this.#sent - this.#start
    // Trimmed a second at a time, not with every frame.
    const isNeeded = this.#turnStart !== undefined || this.#voiceStart !== undefined
    if (!isNeeded && excess > 2 * KEPT_BYTES) this.#start = this.#sent - KEPT_BYTES
  }

  /** The caller has begun to speak: from here on everything is kept until `forget`. */
  turnBegan(): void {
    this.#turnStart ??= this.#voiceStart ?? this.#onset()
    this.#voiceStart = undefined
  }

  /** The caller may have begun to speak: from here on everything is kept until the session tells, or `forgetVoice`. */
  voiceBegan(): void {
    const told = this.#turnStart !== undefined && this.#sent - this.#turnStart <= 2 * ONSET_BYTES
    if (!told) this.#voiceStart ??= this.#onset()
  }

  /** What our own ear took for a voice was none, for all that the session says. */
  forgetVoice(): void {
    this.#voiceStart = undefined
  }

  /** What was said has been understood; only what has come since an open turn began, if one has, may be needed. */
  forget(turnIsOpen: boolean): void {
    const from = turnIsOpen ? (this.#turnStart ?? this.#start) : (this.#voiceStart ?? this.#sent - TAIL_BYTES)
    this.#start = Math.max(this.#start, Math.min(from, this.#sent))
    if (!turnIsOpen) this.#turnStart = undefined
  }

  /** The session is lost: all that is held waits again. */
  rewind(): void {
    const began = this.#turnStart ?? this.#voiceStart
    this.#start = Math.max(this.#start, began ?? 0)
    this.#sent = this.#start
    // Until the next session tells of it: that one may be lost before it does.
    this.#voiceStart = began === undefined ? undefined : this.#start
    this.#turnStart = undefined
  }

  /** Milliseconds that wait to be sent. */
  waitingMs(): number {
    return (this.#end - this.#sent) / ULAW_BYTES_PER_MS
  }

  /** Milliseconds dropped unsent so far because the bound was reached. */
  droppedMs(): number {
    return this.#droppedBytes / ULAW_BYTES_PER_MS
  }

  #dropBefore(offset: number): void {
    if (offset <= this.#start) return
    this.#start = offset
    this.#droppedBytes += Math.max(0, offset - this.#sent)
    this.#sent = Math.max(this.#sent, offset)
    if (this.#turnStart !== undefined) this.#turnStart = Math.max(this.#turnStart, offset)
    if (this.#voiceStart !== undefined) this.#voiceStart = Math.max(this.#voiceStart, offset)
  }

  #onset(): number {
    return Math.max(this.#start, this.#sent - ONSET_BYTES)
  }

  /** Moves what is held to the front of memory that is large enough for it and as much again. */
  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= this.#capacity) return
    const held = this.#end - this.#start
    const wanted = Math.max(FIRST_BYTES, 2 * (held + bytes))
    const fits = wanted <= this.#capacity && this.#capacity <= Math.max(USUAL_BYTES, 4 * wanted)
    const memory = fits ? this.#memory : new Uint8Array(wanted)
    if (fits) memory.copyWithin(0, this.#start, this.#end)
    else memory.set(this.#memory.subarray(this.#start, this.#end))
    this.#memory = memory
    this.#capacity = memory.length
    if (this.#turnStart !== undefined) this.#turnStart -= this.#start
    if (this.#voiceStart !== undefined) this.#voiceStart -= this.#start
    this.#sent -= this.#start
    this.#start = 0
    this.#end = held
  }
}
