/** µ-law at 8 kHz: one byte a sample. */
export const ULAW_BYTES_PER_MS = 8

/** PCM16 at 24 kHz: two bytes a sample. */
export const PCM_BYTES_PER_MS = 48

/** How many bytes of PCM16 at 24 kHz stand for one byte of µ-law. */
export const PCM_BYTES_PER_ULAW_BYTE = PCM_BYTES_PER_MS / ULAW_BYTES_PER_MS

/** The piece in which telephone audio comes, in milliseconds. */
export const FRAME_MS = 20

/** A frame as µ-law. */
export const FRAME_ULAW_BYTES = FRAME_MS * ULAW_BYTES_PER_MS

/** A frame as PCM16 at 24 kHz. */
export const FRAME_PCM_BYTES = FRAME_MS * PCM_BYTES_PER_MS

/** The code of a sample of 0. Source: ITU-T G.711 (11/88), table 2a */
export const ULAW_SILENCE = 0xff

/** How long µ-law at 8 kHz plays, in milliseconds with fractions. */
export function ulawMs(ulawBytes: number): number {
  return ulawBytes / ULAW_BYTES_PER_MS
}

/** How long PCM16 at 24 kHz plays, in milliseconds with fractions. */
export function pcmMs(pcmBytes: number): number {
  return pcmBytes / PCM_BYTES_PER_MS
}

/** How many whole samples of µ-law play within a time. */
export function ulawBytesIn(durationMs: number): number {
  return Math.floor(durationMs * ULAW_BYTES_PER_MS)
}

/** How many bytes of whole samples of PCM16 at 24 kHz play within a time. */
export function pcmBytesIn(durationMs: number): number {
  return 2 * Math.floor((durationMs * PCM_BYTES_PER_MS) / 2)
}
