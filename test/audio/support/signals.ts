/** A sine of the given amplitude in 16-bit steps, rounded; a whole number of periods makes it measurable without a window. */
export function tone(options: {
  readonly hz: number
  readonly rateHz: number
  readonly samples: number
  readonly amplitude: number
}): Float64Array {
  const { hz, rateHz, samples, amplitude } = options
  return Float64Array.from(
    { length: samples },
    (_, at) => amplitude * Math.sin((2 * Math.PI * hz * at) / rateHz),
  )
}

/** Amplitude and phase of one frequency: exact when the length holds whole periods of all there is. */
export function lineAt(
  signal: ArrayLike<number>,
  hz: number,
  rateHz: number,
): { readonly amplitude: number; readonly phase: number } {
  let sine = 0
  let cosine = 0
  const step = (2 * Math.PI * hz) / rateHz
  for (let at = 0; at < signal.length; at++) {
    sine += signal[at]! * Math.sin(step * at)
    cosine += signal[at]! * Math.cos(step * at)
  }
  // At the edge of the band there is no pair of lines to share the energy.
  const share = hz * 2 === rateHz || hz === 0 ? 1 : 2
  return { amplitude: (share * Math.hypot(sine, cosine)) / signal.length, phase: Math.atan2(cosine, sine) }
}

/** What is left of a signal without the given frequencies, as mean power. */
export function powerWithout(signal: ArrayLike<number>, hz: readonly number[], rateHz: number): number {
  const lines = hz.map((one) => ({ step: (2 * Math.PI * one) / rateHz, ...lineAt(signal, one, rateHz) }))
  let power = 0
  for (let at = 0; at < signal.length; at++) {
    let rest = signal[at]!
    for (const { step, amplitude, phase } of lines) rest -= amplitude * Math.sin(step * at + phase)
    power += rest * rest
  }
  return power / signal.length
}

/** Ratio of amplitudes in decibels. */
export function decibels(amplitudeRatio: number): number {
  return 20 * Math.log10(amplitudeRatio)
}

/** Repeatable noise: 32-bit words of xorshift. */
export function noise(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/**
 * Something with the statistics of speech at 8 kHz, seeded: syllables of a gliding voice through three formants below
 * 3.3 kHz, hiss between them, and pauses with a faint floor.
 */
export function speechLike(seconds: number, seed: number): Int16Array {
  const random = noise(seed)
  const uniform = () => random() / 0x1_0000_0000
  const out = new Int16Array(seconds * 8000)
  for (let start = 0; start < out.length;) {
    const length = Math.floor(800 + 1600 * uniform())
    const kind = uniform()
    const loudness = 1500 + 7000 * uniform()
    const pitchHz = 90 + 130 * uniform()
    const formantsHz = [300 + 500 * uniform(), 900 + 1200 * uniform(), 2300 + 700 * uniform()]
    for (let at = 0; at < length && start + at < out.length; at++) {
      const rise = Math.sin((Math.PI * at) / length)
      const voiced =
        kind < 0.75 ? loudness * rise * voice({ at, pitchHz, formantsHz, glide: at / length }) : 0
      out[start + at] = Math.round(voiced + 8 * (uniform() - 0.5))
    }
    start += length
  }
  return out
}

function voice(options: {
  readonly at: number
  readonly pitchHz: number
  readonly formantsHz: readonly number[]
  readonly glide: number
}): number {
  const { at, pitchHz, formantsHz, glide } = options
  let sum = 0
  for (let harmonic = 1; harmonic * pitchHz < 3200; harmonic++) {
    const hz = harmonic * pitchHz
    const gain = formantsHz.reduce(
      (most, formant) => Math.max(most, 1 / (1 + ((hz - formant) / 120) ** 2)),
      0.02,
    )
    sum += (gain / (1 + harmonic / 8)) * Math.sin((2 * Math.PI * hz * at) / 8000 + glide * harmonic * 0.4)
  }
  return sum / 2.5
}
