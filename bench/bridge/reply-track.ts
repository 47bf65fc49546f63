import type { Figures } from './figures.ts'
import { Playout } from './playout.ts'

/** PCM16 at 24 kHz takes six bytes for each byte of µ-law. */
const PCM_BYTES_PER_ULAW_BYTE = 6
const ULAW_BYTES_PER_MS = 8
/** A reply with less left than this may well be over for whoever is told of the interruption. */
const NEARLY_OVER_MS = 60

type BargeIn = {
  readonly itemId: string | undefined
  readonly sentAtMs: number
  readonly mayBeOver: boolean
  heardMs: number | undefined
  toldMs: number | undefined
}

/** Follows one call's replies from the model's mouth to the caller's ear, where both are known. */
export class ReplyTrack {
  readonly playout = new Playout()
  readonly #figures: Figures
  /** The reply that sounds or sounded last, and where in all that the phone was sent it begins. */
  #itemId: string | undefined
  #fromBytes = 0
  #generatedBytes = 0
  #onTheirWay: { readonly fromBytes: number; readonly sentAtMs: number; readonly isFirst: boolean }[] = []
  #bargeIn: BargeIn | undefined

  constructor(figures: Figures) {
    this.#figures = figures
  }

  /** The model sends the first audio of a reply after this. */
  replyBegins(itemId: string): void {
    this.#itemId = itemId
    this.#fromBytes = this.playout.takenBytes()
    this.#generatedBytes = 0
  }

  /** The model has sent a piece of the reply. */
  deltaSent(pcmBytes: number, sentAtMs: number): void {
    const fromBytes = this.#fromBytes + Math.floor(this.#generatedBytes / PCM_BYTES_PER_ULAW_BYTE)
    this.#onTheirWay.push({ fromBytes, sentAtMs, isFirst: this.#generatedBytes === 0 })
    this.#generatedBytes += pcmBytes
  }

  /** Sound has come to the phone. */
  soundCame(ulawBytes: number, nowMs: number): void {
    this.playout.take(ulawBytes, nowMs)
    this.#came(this.playout.takenBytes(), nowMs)
  }

  /** A delta has come to the phone as it was sent: so many bytes of sound as were in it. */
  deltaCame(pcmBytes: number, nowMs: number): void {
    this.soundCame(Math.floor(pcmBytes / PCM_BYTES_PER_ULAW_BYTE), nowMs)
  }

  /** Milliseconds of the item that exist. */
  generatedMs(itemId: string): number {
    if (itemId !== this.#itemId) return 0
    return Math.floor(this.#generatedBytes / PCM_BYTES_PER_ULAW_BYTE / ULAW_BYTES_PER_MS)
  }

  /** The model has heard the caller, who may be talking over a reply. */
  callerSpoke(nowMs: number): void {
    this.#settle()
    const leftBytes = this.playout.takenBytes() - this.playout.playedBytes(nowMs)
    // A server that learns of the end by a mark may not know of it yet.
    const mayBeOver = leftBytes < NEARLY_OVER_MS * ULAW_BYTES_PER_MS
    const itemId = this.#itemId
    this.#bargeIn = { itemId, sentAtMs: nowMs, mayBeOver, heardMs: undefined, toldMs: undefined }
  }

  /** @returns the marks that the clear makes due */
  clearCame(nowMs: number): readonly string[] {
    if (this.#onTheirWay.length > 0) this.#figures.unexpected('audioLostBeforeClear')
    this.#onTheirWay = []
    const bargeIn = this.#bargeIn
    if (!bargeIn || bargeIn.heardMs !== undefined) this.#figures.unexpected('clear')
    else {
      this.#figures.add('bargeInMs', nowMs - bargeIn.sentAtMs)
      bargeIn.heardMs = Math.max(0, this.playout.playedBytes(nowMs) - this.#fromBytes) / ULAW_BYTES_PER_MS
      this.#compare(bargeIn)
    }
    return this.playout.clear(nowMs)
  }

  /** The model was told how much was heard. */
  truncationCame(itemId: string, heardMs: number): void {
    const bargeIn = this.#bargeIn
    if (bargeIn?.itemId !== itemId || bargeIn.toldMs !== undefined) {
      return this.#figures.unexpected('truncation')
    }
    bargeIn.toldMs = heardMs
    this.#compare(bargeIn)
  }

  /** The `speech_started` itself has come to the phone, as a pass-through forwards it. */
  speechStartedCame(nowMs: number): void {
    const bargeIn = this.#bargeIn
    this.#bargeIn = undefined
    this.#onTheirWay = []
    if (bargeIn) this.#figures.add('bargeInMs', nowMs - bargeIn.sentAtMs)
    this.playout.clear(nowMs)
  }

  #came(upToBytes: number, nowMs: number): void {
    for (let next = this.#onTheirWay[0]; next && next.fromBytes < upToBytes; next = this.#onTheirWay[0]) {
      this.#onTheirWay.shift()
      this.#figures.add('downMs', nowMs - next.sentAtMs)
      if (next.isFirst) this.#figures.add('firstDeltaMs', nowMs - next.sentAtMs)
    }
  }

  #compare({ heardMs, toldMs }: BargeIn): void {
    if (heardMs === undefined || toldMs === undefined) return
    this.#figures.add('truncationMs', Math.abs(heardMs - toldMs))
  }

  /** By the next interruption the one before must have been dealt with. */
  #settle(): void {
    const bargeIn = this.#bargeIn
    this.#bargeIn = undefined
    if (!bargeIn || bargeIn.mayBeOver) return
    if (bargeIn.heardMs === undefined) this.#figures.unexpected('noClear')
    if (bargeIn.itemId !== undefined && bargeIn.toldMs === undefined) this.#figures.unexpected('noTruncation')
  }
}
