import {
  DOWN_HISTORY_BYTES,
  LINES,
  LINE_BYTES,
  PCM_IN,
  SLICE_SAMPLES,
  STRICT_TAPS,
  SUMS,
  THIRD_BAND_CENTRE,
  THIRD_BAND_TAPS,
  ULAW_OUT,
} from '../layout'
import { convolve, copyVectors, storePairs } from './fir'
import { encodeFour } from './mulaw'
import { firsts, seconds, thirds } from './triples'

/** How many triples each filter looks back. */
const STRICT_BACK = 55
const THIRD_BAND_BACK = 39

/** PCM16 at 24 kHz → µ-law at 8 kHz by the strict filter: PCM_IN to ULAW_OUT. Returns the number of µ-law bytes. */
export function downStrict(state: usize, pcmBytes: i32): i32 {
  const waiting = open(state)
  const triples = (waiting + pcmBytes) / 6
  for (let done = 0; done < triples; done += SLICE_SAMPLES) {
    const samples = min(SLICE_SAMPLES, triples - done)
    deal(PCM_IN - waiting + 6 * (done - STRICT_BACK), samples + STRICT_BACK)
    strict(ULAW_OUT + done, samples)
  }
  close(state, pcmBytes, waiting + pcmBytes - 6 * triples)
  return triples
}

/** The same by the third-band filter. */
export function downThirdBand(state: usize, pcmBytes: i32): i32 {
  const waiting = open(state)
  const triples = (waiting + pcmBytes) / 6
  for (let done = 0; done < triples; done += SLICE_SAMPLES) {
    const samples = min(SLICE_SAMPLES, triples - done)
    deal(PCM_IN - waiting + 6 * (done - THIRD_BAND_BACK), samples + THIRD_BAND_BACK)
    thirdBand(ULAW_OUT + done, samples)
  }
  close(state, pcmBytes, waiting + pcmBytes - 6 * triples)
  return triples
}

/** Lays the end of the stream so far directly before its new bytes, so that an odd byte needs no case of its own. */
function open(state: usize): i32 {
  copyVectors(PCM_IN - DOWN_HISTORY_BYTES, state, DOWN_HISTORY_BYTES)
  return load<i32>(state, DOWN_HISTORY_BYTES)
}

function close(state: usize, pcmBytes: i32, waiting: i32): void {
  copyVectors(state, PCM_IN + pcmBytes - DOWN_HISTORY_BYTES, DOWN_HISTORY_BYTES)
  store<i32>(state, waiting, DOWN_HISTORY_BYTES)
}

/** Deals samples to three lines of pairs: first, second and third samples of the triples. */
function deal(source: usize, triples: i32): void {
  let a = i16x8.splat(0)
  let b = i16x8.splat(0)
  let c = i16x8.splat(0)
  let line: usize = LINES
  for (const end: usize = LINES + 4 * triples; line < end; line += 32) {
    const x = v128.load(source)
    const y = v128.load(source, 16)
    const z = v128.load(source, 32)
    const first = firsts(x, y, z)
    const second = seconds(x, y, z)
    const third = thirds(x, y, z)
    storePairs(line, a, first)
    storePairs(line + LINE_BYTES, b, second)
    storePairs(line + 2 * LINE_BYTES, c, third)
    a = first
    b = second
    c = third
    source += 48
  }
}

function strict(target: usize, samples: i32): void {
  let window: usize = LINES + 4
  for (const end: usize = target + samples; target < end; target += 16) {
    convolve(window, STRICT_TAPS, 28, SUMS)
    convolve(window + LINE_BYTES, STRICT_TAPS + 112, 28, SUMS + 64)
    convolve(window + 2 * LINE_BYTES, STRICT_TAPS + 224, 28, SUMS + 128)
    storeCodes(target)
    window += 64
  }
}

function thirdBand(target: usize, samples: i32): void {
  let window: usize = LINES + 4
  let centre: usize = LINES + 2 * LINE_BYTES + 4 * 20
  for (const end: usize = target + samples; target < end; target += 16) {
    convolve(window, THIRD_BAND_TAPS, 20, SUMS)
    convolve(window + LINE_BYTES, THIRD_BAND_TAPS + 80, 20, SUMS + 64)
    // The low half of a pair is the sample before; the other is multiplied by nought.
    for (let at: usize = 0; at < 64; at += 16) {
      v128.store(
        <usize>SUMS + at,
        i32x4.dot_i16x8_s(v128.load(centre + at), i32x4.splat(THIRD_BAND_CENTRE)),
        128,
      )
    }
    storeCodes(target)
    window += 64
    centre += 64
  }
}

/** Sixteen codes from the sums of three phases. */
function storeCodes(target: usize): void {
  const early = i16x8.narrow_i32x4_s(fourCodes(SUMS), fourCodes(SUMS + 16))
  const late = i16x8.narrow_i32x4_s(fourCodes(SUMS + 32), fourCodes(SUMS + 48))
  v128.store(target, i8x16.narrow_i16x8_u(early, late))
}

/** A fourth of each phase is taken before they are added: together they could leave 32 bits at full scale. */
function fourCodes(sums: usize): v128 {
  const quarters = i32x4.add(
    i32x4.add(i32x4.shr_s(v128.load(sums), 2), i32x4.shr_s(v128.load(sums, 64), 2)),
    i32x4.shr_s(v128.load(sums, 128), 2),
  )
  return encodeFour(i32x4.shr_s(i32x4.add(quarters, i32x4.splat(1 << 13)), 14))
}
