/** What a record of the audit log tells of. */
export type AuditKind =
  | 'auth'
  | 'proposal'
  | 'question'
  | 'answer'
  | 'decision'
  | 'intent'
  | 'outcome'
  /** The model has said of an effect what its result does not bear out. */
  | 'contradicted'
  | 'policy_denied'
  | 'opt_out'
  | 'config'
  | 'erasure'
  | 'checkpoint'
  | 'start'
  | 'stop'

/**
 * Every field the data of a record may carry. Ids and codes of ours, lengths and counts, keyed hashes: no number of
 * anybody, no word that was said or written. What breaks the rule of its field is left out by the implementation.
 */
export type AuditData = {
  /** Ids: of a person (never a number), a proposal, a confirmation, an intent, an item or a reply of the model. */
  readonly person?: string
  readonly destination?: string
  readonly proposal?: string
  readonly confirmation?: string
  readonly intent?: string
  readonly item?: string
  readonly response?: string
  /** What a text to the owner tells of: a message that somebody left, or the report of an errand. */
  readonly notice?: string
  /** What a provider calls the effect: the sid of a call or a message. */
  readonly provider?: string
  /** Words of ours, each from a small closed set. */
  readonly state?: string
  readonly from?: string
  readonly decision?: string
  readonly reason?: string
  readonly reasons?: readonly string[]
  readonly code?: string
  readonly means?: string
  readonly source?: string
  readonly taint?: string
  readonly risk?: string
  readonly mode?: string
  readonly version?: string
  readonly setting?: string
  /** Name of an API key. */
  readonly key?: string
  /** Counts and lengths. */
  readonly count?: number
  readonly attempts?: number
  readonly elapsedMs?: number
  readonly audioMs?: number
  /** Of a checkpoint: the last record that was removed. */
  readonly removedTo?: number
  /** Hashes, 64 hexadecimal digits; keyed where what they stand for could be guessed. */
  readonly removedHash?: string
  readonly textHash?: string
  readonly configHash?: string
  /** Fields that broke their rule and were left out: a mistake of the program, to be looked into. */
  readonly omitted?: number
}

/** Something that is to be recorded. */
export type AuditEvent = {
  readonly kind: AuditKind
  /** Who: the id of a person, `key:` and the name of an API key, or `server`. */
  readonly actor?: string
  readonly strength?: 'S0' | 'S1' | 'S2' | 'S3' | 'S4'
  /** The call or thread. */
  readonly session?: string
  readonly tool?: string
  /** SHA-256 of tool and canonical arguments; a record has it keyed, as it could be guessed from. */
  readonly argumentsHash?: string
  readonly data?: AuditData
}

/** One link of the chain. */
export type AuditRecord = AuditEvent & {
  /** From 1, without gaps: the order of what happened. */
  readonly seq: number
  /** Unix milliseconds; for people. */
  readonly wallMs: number
  /** Of the process that wrote it; differences within one process are lengths. */
  readonly monotonicMs: number
  readonly data: AuditData
  /** The hash of the record before, 64 zeros for the first. */
  readonly prev: string
  /** SHA-256 of `prev`, NUL and the canonical record. */
  readonly hash: string
}

/** The end of the chain: whoever knows it can tell later whether anything before it was changed. */
export type AuditHead = { readonly seq: number; readonly hash: string }

/** Whether the chain is whole; if not, where it first is not, and how that shows. */
export type AuditVerdict =
  | { readonly ok: true; readonly firstSeq: number; readonly head: AuditHead }
  | {
      readonly ok: false
      readonly seq: number
      /**
       * `changed`: its own hash does not fit it, or it cannot be read. `missing`: it is not there. `unlinked`: it does not name the record
       * before it. `unknownHead`: the end is not the one that was written last. `unguarded`: the database would let
       * records be changed or removed; `seq` is then the last one.
       */
      readonly reason: 'changed' | 'missing' | 'unlinked' | 'unknownHead' | 'unguarded'
    }

/**
 * The log of everything that was asked, decided and done, in a chain that shows when one link was changed. Rejects with
 * StorageError; what could not be recorded must not happen.
 */
export interface AuditLog {
  /** Durable when it resolves. */
  record(event: AuditEvent): Promise<AuditHead>
  head(): Promise<AuditHead>
  /** Walks the whole chain. */
  verify(): Promise<AuditVerdict>
  /** Records after one, the oldest first. */
  page(options: { readonly afterSeq: number; readonly maxRecords: number }): Promise<readonly AuditRecord[]>
}
