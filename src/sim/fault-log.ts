import type { StruckFault } from './openai/model-fault.ts'
import type { ModelScript } from './openai/model-script.ts'
import type { FakeOpenAiLogEntry } from './openai/run-log.ts'
import type { TwilioFault, TwilioLogEntry } from './twilio/event-log.ts'

const MAX_FAULTS = 10_000

/** Something that went wrong on purpose in a call, at a time of the world's clock. */
export type Struck = {
  readonly atMs: number
  readonly fault: StruckFault | TwilioFault
  readonly detail?: string
}

/** The latest things that went wrong on purpose, and whose they were. */
export class FaultLog {
  readonly #scriptOf: (sessionNumber: number) => ModelScript | undefined
  readonly #entries: { readonly struck: Struck; readonly owner: string | ModelScript | undefined }[] = []

  /** @param scriptOf the script of a session, which is its call's alone */
  constructor(scriptOf: (sessionNumber: number) => ModelScript | undefined) {
    this.#scriptOf = scriptOf
  }

  addModel(entry: FakeOpenAiLogEntry): void {
    if (entry.kind !== 'fault') return
    const { atMs, fault, detail } = entry
    this.#add({ atMs, fault, ...(detail !== undefined && { detail }) }, this.#scriptOf(entry.sessionNumber))
  }

  addTwilio(entry: TwilioLogEntry): void {
    if (entry.kind === 'fault') this.#add({ atMs: entry.atMs, fault: entry.fault }, entry.callSid)
  }

  /** Those of one call. */
  of(callSid: string, script: ModelScript): readonly Struck[] {
    return this.#entries
      .filter(({ owner }) => owner === callSid || owner === script)
      .map(({ struck }) => struck)
  }

  #add(struck: Struck, owner: string | ModelScript | undefined): void {
    this.#entries.push({ struck, owner })
    if (this.#entries.length > MAX_FAULTS) this.#entries.shift()
  }
}
