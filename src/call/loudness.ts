/** The exponent of a µ-law sample from which on it is loud: about -31 dB of full scale. Source: ITU-T G.711 */
const LOUD_SEGMENT = 3
/** So large a share of loud samples is a voice, or as good as one. */
const LOUD_SHARE = 0.2

/** Whether a piece of audio may be speech, so that whoever hears it is given time to notice; µ-law, any length. */
export function mayBeSpeech(ulaw: Uint8Array): boolean {
  let loud = 0
  // All bits of a sample are sent inverted; the three above the mantissa are the exponent.
  for (const sample of ulaw) if (((~sample >> 4) & 7) >= LOUD_SEGMENT) loud++
  return loud > 0 && loud >= ulaw.length * LOUD_SHARE
}
