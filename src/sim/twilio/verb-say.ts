import { BYTES_PER_MS, dtmfTone, SILENCE, tone } from '../caller/sounds.ts'
import type { Verb } from './twiml.ts'
import type { HeardText, VerbRun } from './verb-host.ts'
import { waitMs } from './wait.ts'

const PLAY_MS = 1_000
const MOST_SOUND_MS = 600_000
const MOST_LOOPS = 100

/** Speaks to the caller: a tone as long as the text would take. */
export async function speak(run: VerbRun, kind: HeardText['kind'], text: string): Promise<void> {
  const { host, signal } = run
  host.answer()
  host.heard(kind, text)
  const durationMs = Math.min(MOST_SOUND_MS, text.length * host.world.limits.sayMsPerCharacter)
  await host.line.play(standIn(durationMs), signal)
}

/** Runs `<Say>`, `<Play>` or `<Pause>`, alone or as the prompt of a `<Gather>`. */
export async function runSound(
  run: VerbRun,
  verb: Extract<Verb, { kind: 'say' | 'play' | 'pause' }>,
): Promise<void> {
  const { host, signal } = run
  switch (verb.kind) {
    case 'pause':
      // A pause does not answer the call.
      return await waitMs(host.world.clock, verb.lengthS * 1_000, signal)
    case 'say':
      return await repeat(verb.loop, signal, () => speak(run, 'say', verb.text))
    case 'play':
      host.answer()
      if (verb.digits) {
        host.heard('digits', verb.digits)
        return await host.line.play(keySounds(verb.digits), signal)
      }
      return await repeat(verb.loop, signal, async () => {
        host.heard('play', verb.url)
        await host.line.play(standIn(PLAY_MS), signal)
      })
  }
}

/** The sound before a recording. */
export function beep(): Uint8Array {
  return tone({ frequenciesHz: [1_000], durationMs: 200, dbfs: -15 })
}

function standIn(durationMs: number): Uint8Array {
  return tone({ frequenciesHz: [330], durationMs, dbfs: -18 })
}

/** Twilio repeats without end for 0; here it stops at a hundred. */
async function repeat(loop: number, signal: AbortSignal, once: () => Promise<void>): Promise<void> {
  const times = loop === 0 ? MOST_LOOPS : Math.min(loop, MOST_LOOPS)
  for (let count = 0; count < times && !signal.aborted; count++) await once()
}

function keySounds(digits: string): Uint8Array {
  const gap = new Uint8Array(100 * BYTES_PER_MS).fill(SILENCE)
  const wait = new Uint8Array(500 * BYTES_PER_MS).fill(SILENCE)
  return Buffer.concat(
    digits
      .slice(0, 64)
      .split('')
      .flatMap((key) => (/w/i.test(key) ? [wait] : [dtmfTone(key), gap])),
  )
}
