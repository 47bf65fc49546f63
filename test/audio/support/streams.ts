import { createAudioEngine } from '../../../src/audio/engine.ts'
import type { AudioEngine } from '../../../src/audio/engine.ts'

/** How a stream is cut: one length in bytes for all pieces, or the next length from a source. */
type Cut = number | (() => number)

/** All engines that a property must hold for. */
export function engines(): readonly AudioEngine[] {
  return (['wasm', 'integer'] as const).flatMap((kind) => [
    createAudioEngine({ kind, downlink: 'strict' }),
    createAudioEngine({ kind, downlink: 'third-band' }),
  ])
}

/** Sends µ-law up through a stream of its own, in pieces. */
export function sendUp(engine: AudioEngine, ulaw: Uint8Array, cut: Cut = 160): Buffer {
  using stream = engine.openUplink()
  return inPieces(ulaw, cut, (piece) => {
    engine.ulawIn.set(piece)
    return engine.pcmOut.subarray(0, stream.push(piece.length))
  })
}

/** Sends PCM16 at 24 kHz down through a stream of its own, in pieces. */
export function sendDown(engine: AudioEngine, pcm: Uint8Array, cut: Cut = 960): Buffer {
  using stream = engine.openDownlink()
  return inPieces(pcm, cut, (piece) => {
    engine.pcmIn.set(piece)
    return engine.ulawOut.subarray(0, stream.push(piece.length))
  })
}

/** PCM16, little-endian, as samples. */
export function samplesOf(pcm: Buffer): Int16Array {
  return Int16Array.from({ length: pcm.length / 2 }, (_, at) => pcm.readInt16LE(2 * at))
}

/** Samples as PCM16, little-endian, rounded and clipped. */
export function pcmOf(samples: ArrayLike<number>): Buffer {
  const pcm = Buffer.alloc(2 * samples.length)
  for (let at = 0; at < samples.length; at++) {
    pcm.writeInt16LE(Math.max(-0x8000, Math.min(0x7fff, Math.round(samples[at]!))), 2 * at)
  }
  return pcm
}

function inPieces(bytes: Uint8Array, cut: Cut, push: (piece: Uint8Array) => Buffer): Buffer {
  const made: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const length = typeof cut === 'number' ? cut : cut()
    made.push(Buffer.from(push(bytes.subarray(at, at + length))))
    at += length
  }
  return Buffer.concat(made)
}
