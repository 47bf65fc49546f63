import { LINES, LINE_BYTES, PCM_OUT, SLICE_SAMPLES, SUMS, ULAW_IN, UP_STATE_BYTES, UP_TAPS } from '../layout'
import { convolve, copyVectors, storePairs } from './fir'
import { biases, mantissas, powers } from './mulaw'
import { storeTriples } from './triples'

/** The decoded samples as pairs, and as they are. */
const PAIRS: usize = LINES
const PLAIN: usize = LINES + LINE_BYTES

/** µ-law at 8 kHz → PCM16 at 24 kHz. Takes ulawBytes from ULAW_IN, leaves six times as many bytes in PCM_OUT. */
export function up(state: usize, ulawBytes: i32): void {
  copyVectors(ULAW_IN - UP_STATE_BYTES, state, UP_STATE_BYTES)
  for (let done = 0; done < ulawBytes; done += SLICE_SAMPLES) {
    const samples = min(SLICE_SAMPLES, ulawBytes - done)
    decode(ULAW_IN + done - UP_STATE_BYTES, samples + UP_STATE_BYTES)
    filter(PCM_OUT + 6 * done, samples)
  }
  copyVectors(state, ULAW_IN + ulawBytes - UP_STATE_BYTES, UP_STATE_BYTES)
}

/** Decodes to 14 bits, as G.711 defines it: the two zeros below them in PCM16 would only cost the sums their headroom. */
function decode(source: usize, samples: i32): void {
  let before = i16x8.splat(0)
  let pairs = PAIRS
  let plain = PLAIN
  for (const end: usize = source + samples; source < end; source += 16) {
    const codes = v128.load(source)
    const power = powers(codes)
    const mantissa = mantissas(codes)
    const bias = biases(codes)
    const early = i16x8.sub(
      i16x8.mul(i16x8.extend_low_i8x16_s(mantissa), i16x8.extend_low_i8x16_u(power)),
      i16x8.extend_low_i8x16_s(bias),
    )
    const late = i16x8.sub(
      i16x8.mul(i16x8.extend_high_i8x16_s(mantissa), i16x8.extend_high_i8x16_u(power)),
      i16x8.extend_high_i8x16_s(bias),
    )
    v128.store(plain, early)
    v128.store(plain, late, 16)
    storePairs(pairs, before, early)
    storePairs(pairs + 32, early, late)
    before = late
    plain += 32
    pairs += 64
  }
}

/**
 * Three samples for each one: two by filter, the third is the sample itself, 19 samples late. The history is nine
 * samples longer than the filter's, and pair n ends with sample n.
 */
function filter(target: usize, samples: i32): void {
  let window: usize = PAIRS + 4 * 10
  let centre: usize = PLAIN + 2 * 29
  for (const end: usize = target + 6 * samples; target < end; target += 96) {
    convolve(window, UP_TAPS, 20, SUMS)
    convolve(window, UP_TAPS + 80, 20, SUMS + 64)
    storeTriples(target, eight(SUMS), eight(SUMS + 64), i16x8.shl(v128.load(centre), 2))
    storeTriples(target + 48, eight(SUMS + 32), eight(SUMS + 96), i16x8.shl(v128.load(centre, 16), 2))
    window += 64
    centre += 32
  }
}

/** Eight sums of 14-bit samples as PCM16: two bits up, fifteen down, rounded half up, clipped. */
function eight(sums: usize): v128 {
  return i16x8.narrow_i32x4_s(rounded(v128.load(sums)), rounded(v128.load(sums, 16)))
}

function rounded(sums: v128): v128 {
  return i32x4.shr_s(i32x4.add(sums, i32x4.splat(1 << 12)), 13)
}
