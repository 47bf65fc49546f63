/**
 * Told each time work of a call enters the event loop from outside: with a message, a webhook or a timer. Cheap enough
 * for the audio path; when the loop stands still, it is how the call is found that held it.
 */
export interface LoopEntries {
  /** @param atMs monotonic clock at the entry, which its caller has read anyway */
  enter(callSid: string, atMs: number): void
}
