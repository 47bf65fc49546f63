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
    const { id, tool, hash, state, attempts, use, evidence } = record
    const isQuestion = state === 'proposed' || state === 'asked'
    const data = {
      confirmation: id,
      state: use === 'revoked' ? 'revoked' : state,
      reason,
      attempts,
      ...(use !== 'revoked' && evidencedBy(evidence)),
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
      ...(evidence && { evidence: storedEvidence(evidence) }),
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

function evidencedBy(evidence: Confirmation['evidence']): AuditData {
  if (!evidence) return {}
  switch (evidence.by) {
    case 'speech':
      return { means: evidence.by, item: evidence.itemId }
    case 'apiKey':
      return { means: evidence.by, key: evidence.keyName }
    case 'keypad':
    case 'message':
      return { means: evidence.by }
  }
}

function storedEvidence(evidence: Evidence): { readonly by: string; readonly id?: string } {
  switch (evidence.by) {
    case 'speech':
      return { by: evidence.by, id: evidence.itemId }
    case 'apiKey':
      return { by: evidence.by, id: evidence.keyName }
    case 'keypad':
    case 'message':
      return { by: evidence.by }
  }
}
