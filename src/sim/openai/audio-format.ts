import { decodeMulaw, encodeMulaw } from '../audio/g711.ts'
import { resample } from '../audio/resample.ts'
import { decodeAlaw, encodeAlaw } from './alaw.ts'

/** The three audio formats of a Realtime session, as they stand on the wire. */
export type AudioFormat =
  | { readonly type: 'audio/pcm'; readonly rate: 24000 }
  | { readonly type: 'audio/pcmu' }
  | { readonly type: 'audio/pcma' }

const codes = Uint8Array.from({ length: 256 }, (_, code) => code)
const mulawEnergy = Float64Array.from(decodeMulaw(codes), (sample) => sample * sample)
const alawEnergy = Float64Array.from(decodeAlaw(codes), (sample) => sample * sample)

/** How many bytes a millisecond of sound takes: 48 for PCM at 24 kHz, 8 for the G.711 formats. */
export function bytesPerMs(format: AudioFormat): number {
  return format.type === 'audio/pcm' ? 48 : 8
}

/**
 * Turns 24 kHz samples into the bytes of a format.
 * @param samples 16-bit mono at 24 kHz
 */
export function encodeAudio(samples: Int16Array, format: AudioFormat): Uint8Array {
  switch (format.type) {
    case 'audio/pcm':
      return pcmBytes(samples)
    case 'audio/pcmu':
      return encodeMulaw(resample({ samples, fromHz: 24_000, toHz: 8000 }))
    case 'audio/pcma':
      return encodeAlaw(resample({ samples, fromHz: 24_000, toHz: 8000 }))
  }
}

/**
 * Turns the bytes of a format into samples at that format's own rate (24 or 8 kHz).
 * @param bytes a whole number of samples
 */
export function decodeAudio(bytes: Uint8Array, format: AudioFormat): Int16Array {
  switch (format.type) {
    case 'audio/pcm':
      return pcmSamples(bytes)
    case 'audio/pcmu':
      return decodeMulaw(bytes)
    case 'audio/pcma':
      return decodeAlaw(bytes)
  }
}

/**
 * Root mean square of a piece of audio as a share of full scale, 0 to 1. It runs for every ten milliseconds of every
 * session, so it reads the bytes in place.
 * @param bytes a whole number of samples
 */
export function levelOf(bytes: Uint8Array, format: AudioFormat): number {
  if (bytes.length === 0) return 0
  let energy = 0
  if (format.type === 'audio/pcm') {
    for (let index = 0; index < bytes.length; index += 2) {
      const sample = (((bytes[index + 1] ?? 0) << 24) >> 16) | (bytes[index] ?? 0)
      energy += sample * sample
    }
    return Math.sqrt((2 * energy) / bytes.length) / 32_768
  }
  const table = format.type === 'audio/pcmu' ? mulawEnergy : alawEnergy
  for (const code of bytes) energy += table[code] ?? 0
  return Math.sqrt(energy / bytes.length) / 32_768
}

function pcmBytes(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < samples.length; index++) view.setInt16(index * 2, samples[index] ?? 0, true)
  return bytes
}

function pcmSamples(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const samples = new Int16Array(bytes.length >> 1)
  for (let index = 0; index < samples.length; index++) samples[index] = view.getInt16(index * 2, true)
  return samples
}
