import { encodeMulaw } from '../audio/g711.ts'
import type { Random } from './random.ts'

/** Sample rate of a telephone line, in Hz: all sounds of a caller are µ-law at this rate. */
export const LINE_RATE_HZ = 8_000

/** Bytes of µ-law per millisecond on a line. */
export const BYTES_PER_MS = 8

/** µ-law byte of digital silence, and of a line on which nobody speaks. */
export const SILENCE = 0xff

const DTMF_LOW_HZ = [697, 770, 852, 941]
const DTMF_HIGH_HZ = [1209, 1336, 1477, 1633]
const DTMF_KEYS = '123A456B789C*0#D'
const RAMP_SAMPLES = 40

/**
 * A steady sound of one or more sines as µ-law, with 5 ms ramps so that it does not click.
 * @param options frequencies, length, and the level of each sine in dB below full scale
 */
export function tone(options: {
  readonly frequenciesHz: readonly number[]
  readonly durationMs: number
  readonly dbfs: number
}): Uint8Array<ArrayBuffer> {
  const length = Math.round(options.durationMs * BYTES_PER_MS)
  const peak = 32_767 * 10 ** (options.dbfs / 20)
  const samples = Int16Array.from({ length }, (_, index) => {
    const ramp = Math.min(1, (index + 1) / RAMP_SAMPLES, (length - index) / RAMP_SAMPLES)
    let sum = 0
    for (const frequencyHz of options.frequenciesHz) {
      sum += Math.sin((2 * Math.PI * frequencyHz * index) / LINE_RATE_HZ)
    }
    return Math.max(-32_768, Math.min(32_767, Math.round(sum * peak * ramp)))
  })
  return encodeMulaw(samples)
}

/**
 * The sound of one key: two sines of -9 dBFS for 100 ms.
 * @param key 0-9, *, #, A-D; anything else gives silence of the same length
 * Source: ITU-T Q.23 (frequencies), Q.24 (at least 40 ms)
 */
export function dtmfTone(key: string): Uint8Array<ArrayBuffer> {
  const place = key.length === 1 ? DTMF_KEYS.indexOf(key) : -1
  if (place < 0) return new Uint8Array(100 * BYTES_PER_MS).fill(SILENCE)
  const frequenciesHz = [DTMF_LOW_HZ[place >> 2] ?? 0, DTMF_HIGH_HZ[place % 4] ?? 0]
  return tone({ frequenciesHz, durationMs: 100, dbfs: -9 })
}

/** White noise of the given RMS level as µ-law. */
export function noise(options: {
  readonly random: Random
  readonly durationMs: number
  readonly dbfs: number
}): Uint8Array<ArrayBuffer> {
  // Evenly spread values have an RMS of peak / sqrt(3).
  const peak = Math.min(32_767, 32_767 * 10 ** (options.dbfs / 20) * Math.sqrt(3))
  const length = Math.round(options.durationMs * BYTES_PER_MS)
  const samples = Int16Array.from({ length }, () => Math.round((options.random.next() * 2 - 1) * peak))
  return encodeMulaw(samples)
}

/** Fills a frame with the idle sound of a real line, in which both codes of zero occur. */
export function fillComfortNoise(frame: Uint8Array, random: Random): void {
  let bits = 0
  for (let index = 0; index < frame.length; index++) {
    if (index % 24 === 0) bits = random.whole(2 ** 24)
    frame[index] = bits & 1 ? 0xff : 0x7f
    bits >>= 1
  }
}
