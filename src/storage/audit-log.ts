import type { Clock } from '../lib/clock.ts'
import type { AuditEvent, AuditHead, AuditLog, AuditRecord, AuditVerdict } from '../ports/audit.ts'
import type { Keyed } from './person-key.ts'
import { appendAudit, auditHead, auditRecordOf, auditRows, type AuditEntry } from './audit.ts'
import type { Store } from './store.ts'
import { verifyAudit } from './verify-audit.ts'

/** Makes of an event what is kept of it: the moment comes with it, and what must not be kept goes. */
export type AuditEntries = (event: AuditEvent) => AuditEntry

/**
 * The one way from an event to an entry; `redaction` decides what may be kept for years. The hash of arguments is kept
 * keyed: equal ones stay equal, and nobody who has the log alone finds out by guessing what they were.
 */
export function auditEntries(options: {
  readonly clock: Clock
  readonly redaction: (event: AuditEvent) => AuditEvent
  readonly keyed: Keyed
}): AuditEntries {
  const { clock, redaction, keyed } = options
  return (event) => {
    const entry = { ...redaction(event), wallMs: clock.wallMs(), monotonicMs: clock.nowMs() }
    const { argumentsHash } = entry
    return argumentsHash === undefined ? entry : { ...entry, argumentsHash: keyed(argumentsHash) }
  }
}

/** The audit log in a database. */
export class DatabaseAuditLog implements AuditLog {
  readonly #store: Store
  readonly #entryOf: AuditEntries

  constructor(store: Store, entryOf: AuditEntries) {
    this.#store = store
    this.#entryOf = entryOf
  }

  async record(event: AuditEvent): Promise<AuditHead> {
    const entry = this.#entryOf(event)
    return await this.#store.writes.add((db) => appendAudit(db, entry), 'now')
  }

  head(): Promise<AuditHead> {
    return this.#store.read(auditHead)
  }

  verify(): Promise<AuditVerdict> {
    return verifyAudit((query) => this.#store.read(query))
  }

  async page(options: {
    readonly afterSeq: number
    readonly maxRecords: number
  }): Promise<readonly AuditRecord[]> {
    return (await this.#store.read((db) => auditRows(db, options))).map(auditRecordOf)
  }
}
