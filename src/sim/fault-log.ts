import type { StruckFault } from './openai/model-fault.ts'
import type { ModelScript } from './openai/model-script.ts'
import type { TwilioFault } from './twilio/event-log.ts'
import type { WorldEntry } from './world-entry.ts'

/** Each holds the script of its call: many more than the calls under way can have, and not those of all calls. */
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

  /** Keeps what is a fault. */
  add(seen: WorldEntry): void {
    if (seen.entry.kind !== 'fault') return
    if (seen.side === 'twilio') {
      const { atMs, fault, callSid } = seen.entry
      this.#add({ atMs, fault }, callSid)
      return
    }
    const { atMs, fault, detail, sessionNumber } = seen.entry
    this.#add({ atMs, fault, ...(detail !== undefined && { detail }) }, this.#scriptOf(sessionNumber))
  }

  /** Lets go of all of them. */
  clear(): void {
    this.#entries.length = 0
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
