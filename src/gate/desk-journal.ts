import type { Clock } from '../lib/clock.ts'
import { type Confirmation, questionAt } from '../policy/confirmation.ts'
import type { ChangeReason, DeskEffect } from '../policy/desk.ts'
import type { AuditData, AuditEvent } from '../ports/audit.ts'
import type { Journal } from './journal.ts'

/** Answers of one session that did not count and are recorded; a model or a line gone wild brings no more than these. */
const MAX_IGNORED = 256

/** Writes down what happens at a desk: in the audit log with its reason, and on the confirmation where it stands. */
export class DeskJournal {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #session: () => Partial<AuditEvent>
  #ignored = 0

  /** @param options.session what every record of the session begins with */
  constructor(options: {
    readonly journal: Journal
    readonly clock: Clock
    readonly session: () => Partial<AuditEvent>
  }) {
    this.#journal = options.journal
    this.#clock = options.clock
    this.#session = options.session
  }

  /** A confirmation has come to another state, or its run was called back. */
  changed(record: Confirmation, reason: ChangeReason): void {
    const { id, tool, hash, state, attempts, use } = record
    const evidence = record.evidence && evidencedBy(record.evidence)
    const isQuestion = state === 'proposed' || state === 'asked'
    const data = {
      confirmation: id,
      state: use === 'revoked' ? 'revoked' : state,
      reason,
      attempts,
      ...(use !== 'revoked' && evidence && auditedEvidence(evidence)),
    }
    this.#journal.record(
      { kind: isQuestion ? 'question' : 'answer', ...this.#session(), tool, argumentsHash: hash, data },
      id,
    )
    // What was confirmed stays confirmed in the record, and is never used.
    if (use === 'revoked') return
    const wallMs = this.#clock.wallMs()
    this.#journal.move(id, {
      state,
      attempts,
      ...(state === 'asked' && { question: questionAt(record, attempts), askedAtMs: wallMs }),
      ...(!isQuestion && { decidedAtMs: wallMs }),
      ...(evidence && { evidence }),
    })
  }

  /** An answer did not count. */
  ignored(effect: Extract<DeskEffect, { kind: 'ignored' }>): void {
    this.#uncounted({
      state: 'ignored',
      reason: effect.reason,
      ...(effect.id !== undefined && { confirmation: effect.id }),
    })
  }

  /** An approval by a key did not count. */
  notApproved(reason: 'gone' | 'mismatch' | 'unknown'): void {
    this.#uncounted({ state: 'ignored', reason, means: 'apiKey' })
  }

  #uncounted(data: AuditData): void {
    if (this.#ignored >= MAX_IGNORED) return
    this.#ignored += 1
    this.#journal.record({ kind: 'answer', ...this.#session(), data })
  }
}

type Evidence = NonNullable<Confirmation['evidence']>

/** What the audit log and the confirmation keep of what was believed: how it came, and the id of what it was. */
function evidencedBy(evidence: Evidence): { readonly by: Evidence['by']; readonly id?: string } {
  const { by } = evidence
  switch (by) {
    case 'speech':
      return { by, id: evidence.itemId }
    case 'apiKey':
      return { by, id: evidence.keyName }
    case 'keypad':
    case 'message':
      return { by }
  }
}

function auditedEvidence({ by, id }: ReturnType<typeof evidencedBy>): AuditData {
  return { means: by, ...(id !== undefined && (by === 'apiKey' ? { key: id } : { item: id })) }
}
