/** The longest lag that is looked for, in samples at 24 kHz: 10 ms. */
const MOST_LAG = 240
/** Samples that must agree before a lag is believed: two frames, from the first one that is no silence. */
const PROOF_SAMPLES = 320
const LEAST_SOUND = 400

/**
 * How many samples at 24 kHz a caller's samples are late in what the model heard, when each of them is in it as it
 * was; undefined when there is no such lag.
 * @param said at 8 kHz
 * @param heard at 24 kHz
 */
export function uplinkLag(said: Int16Array, heard: Int16Array): number | undefined {
  const first = said.findIndex((sample) => Math.abs(sample) >= LEAST_SOUND)
  if (first < 0) return undefined
  const proof = said.subarray(first, first + PROOF_SAMPLES)
  for (let lag = 0; lag <= MOST_LAG; lag++) {
    if (proof.every((sample, index) => heard[3 * (first + index) + lag] === sample)) return lag
  }
  return undefined
}

/** How many samples of a caller the model did not hear as they were, up to those that were still on their way. */
export function wrongSamples(
  said: Int16Array,
  model: { readonly heard: Int16Array; readonly lag: number },
): number {
  const until = Math.min(said.length, Math.ceil((3 * said.length - model.lag) / 3))
  let wrong = 0
  for (let index = 0; index < until; index++) {
    if (model.heard[3 * index + model.lag] !== said[index]) wrong++
  }
  return wrong
}
