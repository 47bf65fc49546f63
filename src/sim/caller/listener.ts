import { levelDbfs } from '../audio/g711.ts'

/** Sounds below this level are no voice: idle lines and ramps stay under it, speech and tones over it. */
const VOICE_DBFS = -45
/** Pauses shorter than this belong to the utterance around them. */
const UTTERANCE_GAP_MS = 500

/** What a listener knows of the other side. */
export type Heard = {
  /** True while the latest frame held voice. */
  readonly speaking: boolean
  /** Milliseconds of voice in the current utterance. */
  readonly voiceMs: number
  /** Milliseconds since voice was last heard, or since the start. */
  readonly quietMs: number
}

/** A listener who has heard nothing yet. */
export const heardNothing: Heard = { speaking: false, voiceMs: 0, quietMs: 0 }

/** Tells whether a frame of µ-law holds voice. */
export function hasVoice(frame: Uint8Array): boolean {
  return levelDbfs(frame) > VOICE_DBFS
}

/** What is known after one more frame of frameMs. */
export function hear(heard: Heard, frame: Uint8Array, frameMs: number): Heard {
  if (hasVoice(frame)) return { speaking: true, voiceMs: heard.voiceMs + frameMs, quietMs: 0 }
  const quietMs = heard.quietMs + frameMs
  return { speaking: false, voiceMs: quietMs >= UTTERANCE_GAP_MS ? 0 : heard.voiceMs, quietMs }
}
