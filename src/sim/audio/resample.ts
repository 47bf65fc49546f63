/** Input samples on each side of the point that is computed, at the lower of the two rates. */
const HALF_WIDTH = 32
/** Kaiser window parameter: about 90 dB of stop-band rejection. */
const KAISER_BETA = 9

type Kernel = {
  /** Output phases: one set of taps for each position between two input samples. */
  readonly phases: readonly Float64Array[]
  readonly up: number
  readonly down: number
  readonly reachSamples: number
}

const kernels = new Map<string, Kernel>()

/**
 * Resamples a whole clip with a windowed-sinc low-pass, without delay: output sample n stands for the same moment
 * as input sample n × fromHz / toHz. Outside the clip is silence. The world's own filter: it shares nothing with
 * the product's, so that a fault in one is heard by the other.
 * @param options samples 16-bit signed; fromHz and toHz among the rates of telephony and models (8000 to 48000)
 * @throws RangeError if a rate is not a whole number between 8000 and 48000
 */
export function resample(options: { samples: Int16Array; fromHz: number; toHz: number }): Int16Array {
  const { samples, fromHz, toHz } = options
  if (fromHz === toHz) return samples.slice()
  const kernel = kernelFor(fromHz, toHz)
  const length = Math.round((samples.length * toHz) / fromHz)
  const output = new Int16Array(length)
  for (let index = 0; index < length; index++) {
    const position = index * kernel.down
    output[index] = Math.max(-32_768, Math.min(32_767, Math.round(pointAt(samples, kernel, position))))
  }
  return output
}

function pointAt(samples: Int16Array, kernel: Kernel, position: number): number {
  const centre = Math.floor(position / kernel.up)
  const taps = kernel.phases[position % kernel.up] ?? kernel.phases[0]
  if (!taps) return 0
  const first = centre - kernel.reachSamples + 1
  const from = Math.max(0, -first)
  const until = Math.min(taps.length, samples.length - first)
  let sum = 0
  for (let tap = from; tap < until; tap++) sum += (taps[tap] ?? 0) * (samples[first + tap] ?? 0)
  return sum
}

function kernelFor(fromHz: number, toHz: number): Kernel {
  for (const rateHz of [fromHz, toHz]) {
    if (!Number.isInteger(rateHz) || rateHz < 8000 || rateHz > 48_000) {
      throw new RangeError(`Cannot resample: ${rateHz} Hz is not a whole rate between 8000 and 48000`)
    }
  }
  const key = `${fromHz}:${toHz}`
  const known = kernels.get(key)
  if (known) return known
  const kernel = buildKernel(fromHz, toHz)
  // Few pairs of rates exist; a full table means somebody sweeps rates, and old kernels are cheap to rebuild.
  if (kernels.size >= 16) kernels.clear()
  kernels.set(key, kernel)
  return kernel
}

function buildKernel(fromHz: number, toHz: number): Kernel {
  const divisor = greatestCommonDivisor(fromHz, toHz)
  const up = toHz / divisor
  const down = fromHz / divisor
  // The pass band ends at the lower Nyquist limit, counted in input samples.
  const cutoff = Math.min(1, toHz / fromHz)
  const reachSamples = Math.ceil(HALF_WIDTH / cutoff)
  const phases = Array.from({ length: up }, (_, phase) =>
    phaseTaps({ phase: phase / up, cutoff, reachSamples }),
  )
  return { phases, up, down, reachSamples }
}

function phaseTaps(options: { phase: number; cutoff: number; reachSamples: number }): Float64Array {
  const { phase, cutoff, reachSamples } = options
  const taps = new Float64Array(2 * reachSamples)
  let sum = 0
  for (let tap = 0; tap < taps.length; tap++) {
    const distance = tap - reachSamples + 1 - phase
    const value = cutoff * sinc(cutoff * distance) * kaiser(distance / reachSamples)
    taps[tap] = value
    sum += value
  }
  // Every phase gets the same gain for a constant, or the steps between phases would be heard as a tone.
  return taps.map((value) => value / sum)
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

function kaiser(ratio: number): number {
  if (Math.abs(ratio) >= 1) return 0
  const peak = bessel0(KAISER_BETA)
  return bessel0(KAISER_BETA * Math.sqrt(1 - ratio * ratio)) / peak
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  let sum = 1
  let term = 1
  for (let index = 1; index < 40; index++) {
    term *= (x / (2 * index)) ** 2
    sum += term
  }
  return sum
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
