import { isE164 } from '../lib/phone-number.ts'
import type { AuditEvent } from '../ports/audit.ts'
import type { ErasureReport, RetentionReport, RetentionRules, Upkeep } from '../ports/upkeep.ts'
import type { AuditEntries } from './audit-log.ts'
import { erasePerson } from './erasure.ts'
import type { Keyed } from './person-key.ts'
import { retain } from './retention.ts'
import type { Store } from './store.ts'

/** Removing what is not to be kept any longer, from a database. */
export class DatabaseUpkeep implements Upkeep {
  readonly #store: Store
  readonly #keyed: Keyed
  readonly #entryOf: AuditEntries

  constructor(store: Store, options: { readonly keyed: Keyed; readonly entryOf: AuditEntries }) {
    this.#store = store
    this.#keyed = options.keyed
    this.#entryOf = options.entryOf
  }

  retain(
    rules: RetentionRules,
    at: { readonly nowMs: number; readonly signal?: AbortSignal },
  ): Promise<RetentionReport> {
    return retain(this.#store, rules, { ...at, entryOf: this.#entryOf })
  }

  async erase(number: string, by: Pick<AuditEvent, 'actor' | 'strength'>): Promise<ErasureReport> {
    if (!isE164(number)) throw new RangeError('Cannot erase: that is no E.164 number')
    const erased = await erasePerson(this.#store, {
      number,
      by,
      keyed: this.#keyed,
      entryOf: this.#entryOf,
    })
    if (erased.kind === 'callLive') return erased
    return { ...erased, isScrubbed: await this.#store.scrub() }
  }
}
