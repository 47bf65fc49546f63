import { bytesPerMs, decodeAudio } from './audio-format.ts'
import type { AudioFormat } from './audio-format.ts'
import { resample } from '../audio/resample.ts'

/** Who opened a session, from its handshake. */
export type Connection = {
  /** 1 for the first session of this server. */
  readonly sessionNumber: number
  readonly model: string
  readonly safetyIdentifier?: string
  readonly organization?: string
  readonly project?: string
  /** The client's end of the TCP connection. */
  readonly clientPort?: number
}

/** A client event as it is kept: without its audio. */
export type ReceivedEvent = { readonly atMs: number; readonly type: string; readonly event: unknown }

/** An `error` event that the session sent. */
export type RefusedEvent = {
  readonly atMs: number
  readonly code: string | null
  readonly errorType: string
  readonly message: string
  readonly param: string | null
  /** The client's id of the event, and its type; empty when the server was at fault by itself. */
  readonly eventId: string | null
  readonly causeType: string
}

/** A truncation that was carried out. */
export type Truncation = {
  readonly itemId: string
  readonly audioEndMs: number
  /** How much of the item had been generated when it was cut. */
  readonly generatedMs: number
}

/** A response that has ended. */
export type EndedResponse = {
  readonly id: string
  readonly status: string
  readonly reason: string | null
  readonly audioMs: number
  readonly inConversation: boolean
}

/** Something said, by either side. */
export type TranscriptLine = {
  readonly itemId: string
  readonly role: 'user' | 'assistant' | 'system'
  readonly text: string
}

/** A piece of audio as it was appended, and when. */
export type AppendedPiece = { readonly atMs: number; readonly bytes: Uint8Array }

/** Audio that was appended in one format: all of it, and the pieces in which it came. */
export type AppendedAudio = {
  readonly format: AudioFormat
  readonly bytes: Uint8Array
  readonly pieces: readonly AppendedPiece[]
}

/** How a session ended, and which side ended it. */
export type SessionEnd = { readonly by: 'client' | 'server'; readonly code: number; readonly reason: string }

const MAX_ENTRIES = 2000
const MAX_KEPT_AUDIO_BYTES = 16 * 1024 * 1024

/** What one session saw, for assertions after the fact. Lists keep their first 2000 entries, audio its first 16 MiB. */
export class SessionRecord {
  readonly connection: Connection
  readonly openedAtMs: number
  /** How often each type of client event came, the refused ones included. */
  readonly receivedCounts = new Map<string, number>()
  readonly received: ReceivedEvent[] = []
  readonly refused: RefusedEvent[] = []
  readonly truncations: Truncation[] = []
  readonly responses: EndedResponse[] = []
  readonly transcript: TranscriptLine[] = []
  /** Milliseconds of audio appended, also of what is no longer kept. */
  appendedMs = 0
  /** Clock time at which the first audio came. */
  firstAppendAtMs: number | undefined
  /** Clock time from which on nothing that came was taken in any more; undefined while it is. */
  deafAtMs: number | undefined
  /** How the session ended; undefined while it lives. */
  end: SessionEnd | undefined
  readonly #audio: { format: AudioFormat; pieces: AppendedPiece[] }[] = []
  #audioBytes = 0

  constructor(connection: Connection, openedAtMs: number) {
    this.connection = connection
    this.openedAtMs = openedAtMs
  }

  /** The kept audio, one entry for each run of the same format. */
  get appended(): readonly AppendedAudio[] {
    return this.#audio.map(({ format, pieces }) => ({
      format,
      bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)),
      pieces,
    }))
  }

  /** The kept audio as 16-bit samples at 24 kHz, whatever format it came in. */
  appendedPcm24k(): Int16Array {
    const runs = this.appended.map((run) => {
      const fromHz = run.format.type === 'audio/pcm' ? 24_000 : 8000
      return resample({ samples: decodeAudio(run.bytes, run.format), fromHz, toHz: 24_000 })
    })
    const all = new Int16Array(runs.reduce((sum, run) => sum + run.length, 0))
    let offset = 0
    for (const run of runs) {
      all.set(run, offset)
      offset += run.length
    }
    return all
  }

  addReceived(entry: ReceivedEvent): void {
    this.receivedCounts.set(entry.type, (this.receivedCounts.get(entry.type) ?? 0) + 1)
    if (entry.type === 'input_audio_buffer.append') this.firstAppendAtMs ??= entry.atMs
    else keep(this.received, entry)
  }

  addRefused(entry: RefusedEvent): void {
    keep(this.refused, entry)
  }

  addTruncation(entry: Truncation): void {
    keep(this.truncations, entry)
  }

  addResponse(entry: EndedResponse): void {
    keep(this.responses, entry)
  }

  addLine(entry: TranscriptLine): void {
    keep(this.transcript, entry)
  }

  addAudio(format: AudioFormat, piece: AppendedPiece): void {
    const { bytes } = piece
    this.appendedMs += bytes.length / bytesPerMs(format)
    if (this.#audioBytes + bytes.length > MAX_KEPT_AUDIO_BYTES) return
    this.#audioBytes += bytes.length
    const last = this.#audio.at(-1)
    if (last?.format.type === format.type) last.pieces.push(piece)
    else this.#audio.push({ format, pieces: [piece] })
  }

  /** Milliseconds of audio that are kept. */
  keptAudioMs(): number {
    return this.#audio.length === 0 ? 0 : this.appendedMs
  }

  /** Lets go of the kept audio. */
  dropAudio(): void {
    this.#audio.length = 0
    this.#audioBytes = MAX_KEPT_AUDIO_BYTES
  }
}

function keep<T>(list: T[], entry: T): void {
  if (list.length < MAX_ENTRIES) list.push(entry)
}
