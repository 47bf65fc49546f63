import type { RefusalReason } from './refusals.ts'

/** So many are remembered; the one that was spent first is forgotten, and storage is asked about it again. */
const MOST = 1_024

/**
 * Nonces that cannot open a socket any more, and why. Whoever has seen an upgrade can send it again as often as they
 * like, signature and all: that must not take a place, nor a turn of storage, from the calls.
 */
export class SpentNonces {
  readonly #reasons = new Map<string, RefusalReason>()

  /** Why a nonce is refused; undefined when that has to be asked of storage. */
  reasonOf(nonce: string): RefusalReason | undefined {
    return this.#reasons.get(nonce)
  }

  /** Remembers a nonce for good: what is used, expired or of a call that is over stays so. */
  add(nonce: string, reason: RefusalReason): void {
    this.#reasons.set(nonce, reason)
    if (this.#reasons.size <= MOST) return
    for (const oldest of this.#reasons.keys()) return void this.#reasons.delete(oldest)
  }
}
