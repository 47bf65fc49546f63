import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, isoTime } from '../lib/clock.ts'
import { decodeMulaw } from './audio/g711.ts'
import { writeWav } from './audio/wav.ts'
import type { Scenario } from './scenario.ts'
import type { CallSummary } from './twilio/call-summary.ts'

/** Entries kept for the files of calls unless somebody wants fewer; the oldest go. */
const MAX_ENTRIES = 200_000

type Entry = { readonly wallMs: number; readonly side: string; readonly entry: object }

/** What happened on both sides of the world, in order. */
export class RunLog {
  readonly #clock: Clock
  readonly #maxEntries: number
  #entries: Entry[] = []

  constructor(clock: Clock, maxEntries = MAX_ENTRIES) {
    this.#clock = clock
    this.#maxEntries = maxEntries
  }

  add(side: string, entry: object): void {
    if (this.#maxEntries === 0) return
    this.#entries.push({ wallMs: this.#clock.wallMs(), side, entry })
    if (this.#entries.length > this.#maxEntries) this.#entries = this.#entries.slice(this.#maxEntries / 10)
  }

  /** One JSON object a line. */
  lines(): string {
    return this.#entries
      .map(({ wallMs, side, entry }) => `${JSON.stringify({ at: isoTime(wallMs), side, ...entry })}\n`)
      .join('')
  }
}

/**
 * Writes what was heard and said on a call as WAV (8 kHz, 16 bit), and everything that happened as JSON lines.
 * @returns the folder
 */
export async function writeRun(run: {
  readonly runs: string
  readonly scenario: Scenario
  readonly summary: CallSummary
  readonly log: RunLog
}): Promise<string> {
  const { summary, scenario } = run
  const folder = join(run.runs, `${scenario.name}-${summary.sid.slice(-8)}`)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'heard-by-caller.wav'), wavOf(summary.heardUlaw))
  await writeFile(join(folder, 'said-by-caller.wav'), wavOf(summary.saidUlaw))
  await writeFile(join(folder, 'events.jsonl'), run.log.lines())
  return folder
}

function wavOf(ulaw: Uint8Array): Uint8Array {
  return writeWav({ rateHz: 8_000, samples: decodeMulaw(ulaw) })
}
