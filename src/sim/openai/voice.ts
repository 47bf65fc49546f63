import { bytesPerMs, encodeAudio } from './audio-format.ts'
import type { AudioFormat } from './audio-format.ts'
import type { Speech, toneSpeech } from './tone-speech.ts'

/** What is to be said and how it goes over the wire. */
export type Utterance = {
  readonly text: string
  readonly clip?: string | undefined
  /** Exact length; what the provider gives when unset. */
  readonly audioMs?: number | undefined
  readonly format: AudioFormat
}

/** Encoded utterances that are kept, because the same sentences are said in call after call. */
const MAX_KEPT = 64

/** Says things in the format of a session; the same thing is only made once. */
export class Voice {
  readonly #speech: Speech
  readonly #tones: ReturnType<typeof toneSpeech>
  readonly #kept = new Map<string, Uint8Array>()

  /** @param tones what is heard where `speech` has nothing */
  constructor(speech: Speech, tones: ReturnType<typeof toneSpeech>) {
    this.#speech = speech
    this.#tones = tones
  }

  /** The bytes of an utterance, a whole number of milliseconds of its format. */
  say(utterance: Utterance): Uint8Array {
    const key = JSON.stringify(utterance)
    const kept = this.#kept.get(key)
    if (kept) return kept
    const { clip, text, format } = utterance
    const samples = this.#speech(clip, text) ?? this.#tones(clip, text)
    const bytes = fit(encodeAudio(samples, format), utterance)
    const oldest = this.#kept.keys().next()
    if (this.#kept.size >= MAX_KEPT && !oldest.done) this.#kept.delete(oldest.value)
    this.#kept.set(key, bytes)
    return bytes
  }
}

function fit(bytes: Uint8Array, utterance: Utterance): Uint8Array {
  const perMs = bytesPerMs(utterance.format)
  const wanted = (utterance.audioMs ?? Math.floor(bytes.length / perMs)) * perMs
  if (wanted <= bytes.length) return bytes.subarray(0, wanted)
  const silence = encodeAudio(Int16Array.of(0, 0, 0), utterance.format)[0] ?? 0
  const padded = new Uint8Array(wanted).fill(silence)
  padded.set(bytes)
  return padded
}
