/**
 * The map of the kernel's memory: numbers that the kernel (AssemblyScript) and its host (TypeScript) must agree on. Both
 * compile this file, so there is one copy, and nothing in it may be more than a number.
 *
 * Addresses and lengths are bytes. The kernel works in groups of 16 samples, so at the end of a push it reads and writes
 * a little past what was asked for: SLACK stands behind each area that can be overrun.
 */

/** Bytes that may be read or written past the end of an area: 15 samples at 24 kHz in triples, rounded up. */
export const SLACK = 128

/** How many uplinks, and how many downlinks, have a place of their own. */
export const SLOTS = 1024

/** State of an uplink: the last bytes of its stream. The filter looks back 39 samples, one byte each. */
export const UP_STATE_BYTES = 48

/** History of a downlink: the last bytes of its stream. The longer filter looks back 55 triples; up to 5 bytes wait. */
export const DOWN_HISTORY_BYTES = 336

/** State of a downlink: its history, then how many bytes of it still wait for their triple to be complete (0–5). */
export const DOWN_STATE_BYTES = 352

/** Largest piece of µ-law in one push: what a media message of 64 KiB can hold in base64. */
export const ULAW_IN_BYTES = 49_152

/** The same as PCM16 at 24 kHz. */
export const PCM_OUT_BYTES = 6 * ULAW_IN_BYTES

/** Largest piece of PCM16 at 24 kHz in one push: what a model event of 1 MiB can hold in base64. */
export const PCM_IN_BYTES = 786_432

/** The same as µ-law, one more when bytes had been waiting. */
export const ULAW_OUT_BYTES = PCM_IN_BYTES / 6 + 1

/** How many samples at 8 kHz are worked on at a time, so that the scratch stays in the first-level cache. */
export const SLICE_SAMPLES = 1024

/** Length of one line of scratch: history, a slice and slack, four bytes (a pair of samples) each. */
export const LINE_BYTES = 4 * (56 + SLICE_SAMPLES + 32)

/** Centre of the third-band downlink: of its coefficients for third samples, the only one that is not zero. */
export const THIRD_BAND_CENTRE = 21_845

/** Three lines of scratch. The memory below is left to constants of the compiled module. */
export const LINES = 1024

/** Scratch for 16 sums of each of three phases. */
export const SUMS = LINES + 3 * LINE_BYTES

/** Coefficients of the uplink: two phases of 40. */
export const UP_TAPS = SUMS + 192

/** Coefficients of the third-band downlink: two phases of 40. */
export const THIRD_BAND_TAPS = UP_TAPS + 160

/** Coefficients of the strict downlink: three phases of 56. */
export const STRICT_TAPS = THIRD_BAND_TAPS + 160

/** Where µ-law from the caller is put, with its history directly before it. */
export const ULAW_IN = STRICT_TAPS + 336 + UP_STATE_BYTES

/** Where that speech is found as PCM16 at 24 kHz, little-endian. */
export const PCM_OUT = ULAW_IN + ULAW_IN_BYTES + SLACK

/** Where PCM16 at 24 kHz from the model is put, with its history directly before it. */
export const PCM_IN = PCM_OUT + PCM_OUT_BYTES + SLACK + DOWN_HISTORY_BYTES

/** Where that speech is found as µ-law. */
export const ULAW_OUT = PCM_IN + PCM_IN_BYTES + SLACK

/** States of the uplinks. */
export const UP_STATES = ULAW_OUT + PCM_IN_BYTES / 6 + SLACK

/** States of the downlinks. */
export const DOWN_STATES = UP_STATES + SLOTS * UP_STATE_BYTES

/** Size of the whole memory in pages of 64 KiB. */
export const MEMORY_PAGES = (DOWN_STATES + SLOTS * DOWN_STATE_BYTES + 65_535) >>> 16
