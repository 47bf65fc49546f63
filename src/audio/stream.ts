import type { RawBuffer } from './raw-buffer.ts'

/** Which filter the downlink has: see docs/adr/0002-strict-downlink.md. */
export type DownlinkFilter = 'strict' | 'third-band'

/**
 * The four places through which audio goes in and out, shared by all streams of an engine: what one push leaves there is
 * gone with the next. They never move, so a codec can hold on to them and read and write base64 in place.
 */
export type AudioBuffers = {
  /** µ-law at 8 kHz from the caller; 49,152 bytes */
  readonly ulawIn: RawBuffer
  /** the same as PCM16 at 24 kHz, little-endian; 294,912 bytes */
  readonly pcmOut: RawBuffer
  /** PCM16 at 24 kHz from the model, little-endian; 786,432 bytes */
  readonly pcmIn: RawBuffer
  /** the same as µ-law at 8 kHz; 131,073 bytes */
  readonly ulawOut: RawBuffer
}

/** One caller's audio on its way to the model: µ-law 8 kHz → PCM16 24 kHz, 2.46 ms late, nothing withheld. */
export type Uplink = {
  /**
   * Takes the first ulawBytes of ulawIn.
   * @returns how many bytes of pcmOut to read: always six times as many
   * @throws AudioError if that is more than ulawIn holds, or after dispose
   */
  push(ulawBytes: number): number
  /** Forgets what was heard: the next sample comes after silence. */
  reset(): void
  /** Gives the place back; harmless when repeated. */
  [Symbol.dispose](): void
}

/** The model's audio on its way to the caller: PCM16 24 kHz → µ-law 8 kHz, 3.40 ms late (third-band: 2.42). */
export type Downlink = {
  /**
   * Takes the first pcmBytes of pcmIn. Deltas need not be whole frames: up to two samples and an odd byte are kept until
   * the rest of their triple comes.
   * @returns how many bytes of ulawOut to read: one for each triple of samples that is complete
   * @throws AudioError if that is more than pcmIn holds, or after dispose
   */
  push(pcmBytes: number): number
  /** Forgets what was said, and any bytes kept: for a new stream, and after a barge-in. */
  reset(): void
  /** Gives the place back; harmless when repeated. */
  [Symbol.dispose](): void
}

/** What both implementations make. */
export type StreamMaker = {
  openUplink(): Uplink
  openDownlink(): Downlink
}

/** A mistake in the use of this room. */
export class AudioError extends Error {
  readonly code: 'push_too_large' | 'stream_disposed' | 'simd_missing'

  /** @param code what programs look at; the message is for people */
  constructor(code: AudioError['code'], message: string) {
    super(message)
    this.name = 'AudioError'
    this.code = code
  }
}

/** @throws AudioError unless bytes is a whole number that the buffer holds */
export function checkPush(bytes: number, buffer: Buffer): void {
  if (Number.isInteger(bytes) && bytes >= 0 && bytes <= buffer.length) return
  throw new AudioError(
    'push_too_large',
    `Cannot push: ${bytes} is not a count of bytes up to ${buffer.length}`,
  )
}

/** What a push after dispose throws: its place may already be another call's. */
export function disposedError(): AudioError {
  return new AudioError('stream_disposed', 'Cannot push: the stream was disposed')
}
