/** The sentences that need no model: they exist as prepared audio. */
export type FixedSentence =
  | 'disclosure'
  | 'greeting'
  | 'ownerGreeting'
  | 'idlePrompt'
  | 'hold'
  | 'busy'
  | 'apology'
  | 'timeAlmostUp'
  | 'goodbye'
  | 'handOver'
  | 'leaveMessage'
  | 'connecting'
  | 'messageTaken'

/** Prepared audio of fixed sentences. */
export interface PromptAudio {
  /**
   * µ-law 8 kHz of the sentence. Without a clip in that language it is a soft tone, so that the caller never meets
   * silence; `spoken` then is false.
   */
  clip(
    sentence: FixedSentence,
    language: string,
  ): { readonly ulaw: Uint8Array; readonly text: string; readonly spoken: boolean }
}
