import type { AuditEvent, AuditLog } from '../ports/audit.ts'
import type { ConfirmationPatch, EffectStorage } from '../ports/effects.ts'
import type { Log } from '../ports/log.ts'

/** Records that may be on their way to the disk at once; what comes on top was not recorded. */
const MAX_PENDING = 512

/**
 * What a session writes down of its confirmations, in the order in which it happened, without making anybody wait. Who
 * is about to cause an effect waits, and looks whether everything about it was recorded.
 */
export class Journal {
  readonly #audit: AuditLog
  readonly #effects: EffectStorage
  readonly #log: Log
  readonly #pending = new Set<Promise<void>>()
  /** Proposals of which something could not be recorded; never more than a session may have. */
  readonly #broken = new Set<string>()
  #isWritable = true

  constructor(ports: { readonly audit: AuditLog; readonly effects: EffectStorage; readonly log: Log }) {
    this.#audit = ports.audit
    this.#effects = ports.effects
    this.#log = ports.log
  }

  /** Whether the latest record that came to an end was written. */
  get isWritable(): boolean {
    return this.#isWritable
  }

  /** Records something in the audit log. @param proposalId what it is about */
  record(event: AuditEvent, proposalId?: string): void {
    this.#write(() => this.#audit.record(event), proposalId)
  }

  /** Writes down where a confirmation is now. */
  move(proposalId: string, patch: ConfirmationPatch): void {
    this.#write(() => this.#effects.moveConfirmation(proposalId, patch), proposalId)
  }

  /** Resolves when everything so far is on disk, or could not be brought there. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  /** Whether everything about a proposal was recorded; asked after settled(). */
  isWhole(proposalId: string): boolean {
    return !this.#broken.has(proposalId)
  }

  #write(work: () => Promise<unknown>, proposalId: string | undefined): void {
    if (this.#pending.size >= MAX_PENDING) return this.#fail(proposalId)
    const written = this.#tried(work, proposalId).finally(() => this.#pending.delete(written))
    this.#pending.add(written)
  }

  async #tried(work: () => Promise<unknown>, proposalId: string | undefined): Promise<void> {
    try {
      await work()
      this.#isWritable = true
    } catch {
      this.#fail(proposalId)
    }
  }

  #fail(proposalId: string | undefined): void {
    this.#isWritable = false
    if (proposalId !== undefined) this.#broken.add(proposalId)
    this.#log.event('error', 'auditNotWritten')
  }
}
