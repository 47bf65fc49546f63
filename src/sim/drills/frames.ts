/** Sound in frames of 20 ms, 160 samples or codes each, and the one that is silence. */
export type Frames = { readonly samples: Int16Array; readonly silence: number; readonly count: number }

const FRAME_SAMPLES = 160

/** Whether a frame holds nothing but silence. */
export function isSilent({ samples, silence }: Frames, at: number): boolean {
  for (let index = at * FRAME_SAMPLES; index < (at + 1) * FRAME_SAMPLES; index++) {
    if (samples[index] !== silence) return false
  }
  return true
}

/** Whether two frames are the same to the sample. */
export function sameFrame(
  one: { readonly frames: Frames; readonly at: number },
  other: { readonly frames: Frames; readonly at: number },
): boolean {
  const [a, b] = [one.frames.samples, other.frames.samples]
  for (let index = 0; index < FRAME_SAMPLES; index++) {
    if (a[one.at * FRAME_SAMPLES + index] !== b[other.at * FRAME_SAMPLES + index]) return false
  }
  return true
}
