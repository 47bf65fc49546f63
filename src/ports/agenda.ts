/** An event of the local calendar. Times are Unix milliseconds; the zone is the one in which it was spoken of. */
export type EventRecord = {
  readonly eventId: string
  readonly title: string
  readonly startsAtMs: number
  /** Not before it starts. */
  readonly endsAtMs: number
  /** IANA name. */
  readonly timeZone: string
  readonly state: 'confirmed' | 'cancelled'
  /** From 1; each change adds one. */
  readonly version: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** When an event is, and in which zone that was said. */
export type EventSpan = Pick<EventRecord, 'startsAtMs' | 'endsAtMs' | 'timeZone'>

/** What may change on an event. */
export type EventPatch = Partial<
  Pick<EventRecord, 'title' | 'startsAtMs' | 'endsAtMs' | 'timeZone' | 'state'>
>

/** The local calendar. Writes are durable when they resolve; all reject with StorageError. */
export interface Agenda {
  insert(event: Omit<EventRecord, 'state' | 'version' | 'updatedAtMs'>): Promise<void>
  /** Changes an event that still is of a version: `stale` when somebody else has changed it since. */
  update(
    at: { readonly eventId: string; readonly version: number; readonly nowMs: number },
    patch: EventPatch,
  ): Promise<'updated' | 'stale' | 'unknown'>
  find(eventId: string): Promise<EventRecord | undefined>
  /**
   * Confirmed events of which any part lies in a time, in the order in which they start; `withCancelled` also others.
   * Of more than `maxEvents` the first to start, or the last where `keepsLatest`.
   */
  between(options: {
    readonly fromMs: number
    readonly toMs: number
    readonly maxEvents: number
    readonly withCancelled?: boolean
    readonly keepsLatest?: boolean
  }): Promise<readonly EventRecord[]>
}
