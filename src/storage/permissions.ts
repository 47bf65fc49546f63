import { isE164 } from '../lib/phone-number.ts'
import type { ConsentRecord, OptOutSource, Permissions } from '../ports/permissions.ts'
import { consentsOf, insertConsent, useConsent, withdrawConsents } from './consents.ts'
import { isOptedOut, liftOptOut, putOptOut } from './opt-outs.ts'
import { personIdOf } from './people.ts'
import type { Keyed } from './person-key.ts'
import type { Store } from './store.ts'

/** Opt-outs and consents in a database. */
export class DatabasePermissions implements Permissions {
  readonly #store: Store
  readonly #keyed: Keyed

  constructor(store: Store, keyed: Keyed) {
    this.#store = store
    this.#keyed = keyed
  }

  optOut(number: string, how: { readonly source: OptOutSource; readonly nowMs: number }): Promise<void> {
    return this.#store.writes.add(async (db) => {
      await putOptOut(db, this.#keyed(number), how)
      // In the same commit, so that lifting the opt-out brings back no consent from before it.
      await withdrawConsents(db, number, how.nowMs)
    }, 'now')
  }

  liftOptOut(number: string, nowMs: number): Promise<boolean> {
    return this.#store.writes.add((db) => liftOptOut(db, this.#keyed(number), nowMs), 'now')
  }

  isOptedOut(number: string, nowMs: number): Promise<boolean> {
    return this.#store.read((db) => isOptedOut(db, this.#keyed(number), nowMs))
  }

  async addConsent(number: string, consent: Omit<ConsentRecord, 'withdrawnAtMs' | 'usedBy'>): Promise<void> {
    if (!isE164(number)) throw new RangeError('Cannot keep a consent: that is no E.164 number')
    const person = { number, hash: this.#keyed(number), nowMs: consent.givenAtMs }
    await this.#store.writes.add(
      async (db) => insertConsent(db, await personIdOf(db, person), consent),
      'now',
    )
  }

  consentsOf(number: string, nowMs: number): Promise<readonly ConsentRecord[]> {
    return this.#store.read((db) => consentsOf(db, number, nowMs))
  }

  useConsent(consentId: string, intentId: string): Promise<boolean> {
    return this.#store.writes.add((db) => useConsent(db, consentId, intentId), 'now')
  }

  withdrawConsents(number: string, nowMs: number): Promise<number> {
    return this.#store.writes.add((db) => withdrawConsents(db, number, nowMs), 'now')
  }
}
