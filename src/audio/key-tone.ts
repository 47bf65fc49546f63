import { FRAME_ULAW_BYTES } from './frame.ts'
import { MULAW_VALUES } from './mulaw.ts'

/** While a key is pressed, one of each sounds. Source: ITU-T Q.23 */
const LOW_HZ = [697, 770, 852, 941]
const HIGH_HZ = [1_209, 1_336, 1_477, 1_633]
const RATE_HZ = 8_000
/**
 * So much of all energy lies in the two of them once a key has sounded for half of a frame; what is shorter than 23 ms is
 * no key to any receiver. Of the rehearsal's recordings of speech one frame in two thousand is taken for a key.
 * Source for the former: ITU-T Q.24, table A-1
 */
const MIN_SHARE = 0.5
/** Either may be 8 dB below the other. Source: ITU-T Q.24, table A-1 */
const MIN_SHARE_OF_EACH = 0.13
/** Below this mean square, about -70 dB of full scale, nothing sounds. */
const MIN_MEAN_SQUARE = 100

const turns = (frequencyHz: number): number => 2 * Math.cos((2 * Math.PI * frequencyHz) / RATE_HZ)
const lowTurns = LOW_HZ.map(turns)
const highTurns = HIGH_HZ.map(turns)

/** Whether a key is heard in a piece of audio: µ-law at 8 kHz, any length, looked at frame by frame. */
export function holdsKeyTone(ulaw: Uint8Array): boolean {
  for (let from = 0; from < ulaw.length; from += FRAME_ULAW_BYTES) {
    if (isKeyTone(ulaw.subarray(from, from + FRAME_ULAW_BYTES))) return true
  }
  return false
}

function isKeyTone(ulaw: Uint8Array): boolean {
  let energy = 0
  for (const code of ulaw) energy += MULAW_VALUES[code]! ** 2
  if (energy < MIN_MEAN_SQUARE * ulaw.length) return false
  // A sine that fills the piece has this power at its own frequency.
  const whole = (energy * ulaw.length) / 2
  const low = strongest(ulaw, lowTurns) / whole
  const high = strongest(ulaw, highTurns) / whole
  return low + high >= MIN_SHARE && low >= MIN_SHARE_OF_EACH && high >= MIN_SHARE_OF_EACH
}

function strongest(ulaw: Uint8Array, group: readonly number[]): number {
  let most = 0
  for (const turn of group) most = Math.max(most, powerAt(ulaw, turn))
  return most
}

/** Goertzel's algorithm: the squared magnitude at one frequency. */
function powerAt(ulaw: Uint8Array, turn: number): number {
  let last = 0
  let beforeLast = 0
  for (const code of ulaw) {
    const next = MULAW_VALUES[code]! + turn * last - beforeLast
    beforeLast = last
    last = next
  }
  return last * last + beforeLast * beforeLast - turn * last * beforeLast
}
