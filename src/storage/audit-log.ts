import type { Clock } from '../lib/clock.ts'
import type { AuditEvent, AuditHead, AuditLog, AuditRecord, AuditVerdict } from '../ports/audit.ts'
import { appendAudit, auditHead, auditRecordOf, auditRows, type AuditEntry } from './audit.ts'
import type { Store } from './store.ts'
import { verifyAudit } from './verify-audit.ts'

/** Makes of an event what is kept of it: the moment comes with it, and what must not be kept goes. */
export type AuditEntries = (event: AuditEvent) => AuditEntry

/** The one way from an event to an entry; `redaction` decides what may be kept for years. */
export function auditEntries(clock: Clock, redaction: (event: AuditEvent) => AuditEvent): AuditEntries {
  return (event) => ({ ...redaction(event), wallMs: clock.wallMs(), monotonicMs: clock.nowMs() })
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
