import { MULAW_VALUES, mulawCode } from '../src/audio/mulaw.ts'

/**
 * The resampling that a first version of a bridge has: straight lines between samples on the way up, every third sample
 * on the way down. It is what the kernel's cost is compared with; as sound it is no rival (images 6 dB down, no filter
 * against aliases at all).
 */
const codes = Uint8Array.from({ length: 0x1_0000 }, (_, at) => mulawCode((at << 16) >> 16))

/** µ-law → PCM16 at 24 kHz, the way it is first written: into a new array for each frame. */
export function toyUp(ulaw: Uint8Array): Int16Array {
  const pcm = new Int16Array(3 * ulaw.length)
  let before = 0
  for (let at = 0; at < ulaw.length; at++) {
    const sample = MULAW_VALUES[ulaw[at]!]!
    pcm[3 * at] = Math.round(before + (sample - before) / 3)
    pcm[3 * at + 1] = Math.round(before + (2 * (sample - before)) / 3)
    pcm[3 * at + 2] = sample
    before = sample
  }
  return pcm
}

/** PCM16 at 24 kHz → µ-law, likewise. */
export function toyDown(pcm: Int16Array): Uint8Array {
  const ulaw = new Uint8Array(pcm.length / 3)
  for (let at = 0; at < ulaw.length; at++) ulaw[at] = codes[pcm[3 * at]! & 0xffff]!
  return ulaw
}

/** The toy made as fast as it gets: integer arithmetic into an array that is kept. */
export function tightToyUp(ulaw: Uint8Array, pcm: Int16Array): void {
  let before = 0
  for (let at = 0, to = 0; at < ulaw.length; at++, to += 3) {
    const sample = MULAW_VALUES[ulaw[at]!]!
    const step = ((sample - before) / 3) | 0
    pcm[to] = before + step
    pcm[to + 1] = sample - step
    pcm[to + 2] = sample
    before = sample
  }
}

/** The same for the way down. */
export function tightToyDown(pcm: Int16Array, ulaw: Uint8Array): void {
  for (let at = 0, from = 0; at < ulaw.length; at++, from += 3) ulaw[at] = codes[pcm[from]! & 0xffff]!
}
