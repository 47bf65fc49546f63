/** The exponent of a µ-law sample from which on it is loud is three: about -31 dB of full scale. */
const LOUD_MAGNITUDE = 0x30
/** So large a share of loud samples is a voice, or as good as one. */
const LOUD_SHARE = 0.2

/** Whether a piece of audio may be speech, so that whoever hears it is given time to notice; µ-law, any length. */
export function mayBeSpeech(ulaw: Uint8Array): boolean {
  return loudShare(ulaw, { fromMagnitude: LOUD_MAGNITUDE, stride: 1 }) >= LOUD_SHARE
}

/**
 * The share of samples whose magnitude, in µ-law's own steps from 0 to 127, is at least so large; of every `stride`-th
 * sample only. Nothing is loud in no audio.
 * Source: ITU-T G.711 (11/88), table 2a
 */
export function loudShare(
  ulaw: Uint8Array,
  { fromMagnitude, stride }: { readonly fromMagnitude: number; readonly stride: number },
): number {
  let loud = 0
  // The seven lower bits are the magnitude, inverted.
  for (let at = 0; at < ulaw.length; at += stride) if ((~(ulaw[at] ?? 0xff) & 0x7f) >= fromMagnitude) loud++
  return ulaw.length === 0 ? 0 : (loud * stride) / ulaw.length
}
