const SECOND_SAMPLES = 8_000
/** Below this level (−66 dBFS) a second holds no speech whose quality could be told. */
const LEAST_RMS = 16
/** How far around the expected lag is looked, in samples at 48 kHz: 5 ms. */
const LAG_REACH = 240

/** How much one signal is like another: over all, and second by second (NaN where nothing is said). */
export type Comparison = { readonly snrDb: number; readonly seconds: readonly number[] }

/** Compares a copy with its original, sample beside sample at 8 kHz. */
export function compare(original: Int16Array, copy: Int16Array): Comparison {
  const seconds: number[] = []
  for (let start = 0; start < original.length; start += SECOND_SAMPLES) {
    const until = start + SECOND_SAMPLES
    const part = original.subarray(start, until)
    seconds.push(rms(part) < LEAST_RMS ? Number.NaN : signalToNoiseDb(part, copy.subarray(start, until)))
  }
  return { snrDb: signalToNoiseDb(original, copy), seconds }
}

/** Energy of a signal over the energy of what its copy has different, in dB. */
export function signalToNoiseDb(original: Int16Array, copy: Int16Array): number {
  let signal = 0
  let noise = 0
  for (let index = 0; index < original.length; index++) {
    const sample = original[index] ?? 0
    signal += sample ** 2
    noise += (sample - (copy[index] ?? 0)) ** 2
  }
  return 10 * Math.log10(signal / noise)
}

/**
 * How many samples at 48 kHz a copy at 8 kHz is late, so that it is most like its original.
 * @param original at 48 kHz
 */
export function bestLag(
  original: Int16Array,
  copy: { readonly heard: Int16Array; readonly around: number },
): number {
  let best = { lag: 0, error: Infinity }
  for (let lag = copy.around - LAG_REACH; lag <= copy.around + LAG_REACH; lag++) {
    let error = 0
    for (let index = 0; index < copy.heard.length; index++) {
      error += ((original[6 * index - lag] ?? 0) - (copy.heard[index] ?? 0)) ** 2
    }
    if (error < best.error) best = { lag, error }
  }
  return best.lag
}

/** Share of the bytes that are the same at the same place. */
export function shareOfSame(sent: Uint8Array, heard: Uint8Array): number {
  return sent.filter((code, index) => code === heard[index]).length / sent.length
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / Math.max(1, samples.length))
}
