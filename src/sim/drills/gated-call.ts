import type { VirtualClock } from '../../lib/virtual-clock.ts'

/** What a line tells a gate of questions and of the caller. */
export type LineNews =
  | {
      readonly kind: 'questionStarted' | 'questionMark' | 'questionShown' | 'questionFailed'
      readonly id: string
      readonly attempt: number
    }
  | {
      readonly kind: 'questionSent'
      readonly id: string
      readonly attempt: number
      readonly audioMs: number
      readonly spoken: string | undefined
    }
  | { readonly kind: 'cleared' | 'pinRight' | 'pinRefused' }
  | { readonly kind: 'speechStarted'; readonly itemId: string; readonly sessionId: string }
  | { readonly kind: 'speechStopped' | 'transcriptFailed'; readonly itemId: string }
  | { readonly kind: 'transcript'; readonly itemId: string; readonly text: string }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'message'; readonly sessionId: string; readonly text: string }
  | { readonly kind: 'approved'; readonly id: string; readonly hash: string; readonly keyName: string }
  | { readonly kind: 'ended'; readonly reason: CallEnd }

/** How a call, or a part of it, is over. */
export type CallEnd = 'hungUp' | 'modelLost' | 'transferred' | 'stopping'

/** What a gate does, in its order. */
export type GateDeed =
  /** A proposal is about to be written down. */
  | { readonly kind: 'stored'; readonly id: string; readonly callId: string; readonly hash: string }
  | {
      readonly kind: 'asked'
      readonly id: string
      readonly attempt: number
      readonly way: 'model' | 'server' | 'written'
      readonly text: string
    }
  | { readonly kind: 'stopped'; readonly id: string }
  | { readonly kind: 'announced'; readonly tool: string }
  | { readonly kind: 'told'; readonly callId: string; readonly status: string }
  | { readonly kind: 'verdict'; readonly id: string; readonly verdict: string }
  /** An intent is on disk. */
  | { readonly kind: 'claimed'; readonly intentId: string; readonly confirmationId: string | undefined }
  | {
      readonly kind: 'ran'
      readonly tool: string
      readonly input: Readonly<Record<string, unknown>>
      readonly intentId: string | undefined
    }

/** How somebody stands at one moment. */
export type CallStanding = {
  readonly strength: 'S0' | 'S1' | 'S2' | 'S3' | 'S4'
  readonly pin: 'notConfigured' | 'open' | 'refused'
  readonly isInScope: boolean
  readonly limits: { readonly ok: true } | { readonly ok: false; readonly reason: string }
}

/** What is known of every destination at one moment; `fails`: nothing can be found out. */
export type CallReach = { readonly is: 'fine' | 'first' | 'refused' | 'fails' }

/** How a call is set up. */
export type CallSettings = {
  readonly channel: 'voice' | 'sms' | 'chat' | 'rest'
  readonly verification: 'stir_or_pin' | 'pin' | 'caller_id'
  readonly firstDestinations: 'allow' | 'pin'
  readonly transcribes: boolean
  readonly hasVoice: boolean
}

/** Work of the gate that can be kept waiting: before it is done, or before its answer comes. */
export type HeldWork =
  'reach' | 'insertProposal' | 'findProposal' | 'claimIntent' | 'moveConfirmation' | 'record'

/** What the disk says of an effect. */
export type EffectProof = {
  readonly sessionId: string
  readonly tool: string
  readonly hash: string
  readonly confirmationId: string | undefined
  /** Where its confirmation stands; undefined when there is none. */
  readonly state: string | undefined
  /** When it came there, by the clock of the call. */
  readonly decidedAtMs: number | undefined
  /** Canonical JSON of what was proposed. */
  readonly arguments: string | undefined
}

/** The gate of one call on a real database, its clock in the hands of the drill. */
export type GatedCall = AsyncDisposable & {
  readonly sessionId: string
  readonly clock: VirtualClock
  standing: CallStanding
  reach: CallReach
  /** What the handlers of effects answer. */
  handled: 'done' | 'failed' | 'throws'
  propose(call: {
    readonly callId: string
    readonly responseId: string
    readonly name: string
    readonly arguments: string
  }): Promise<{ readonly status: string; readonly output: string }>
  feed(news: LineNews): void
  /** Keeps some work waiting until release(). */
  hold(work: HeldWork, place: 'before' | 'after'): void
  release(): void
  /** From now on nothing can be written into the audit log, or no intent. */
  breakDown(what: 'audit' | 'intents'): void
  /** Resolves when nothing more happens by itself, but for what is held. */
  quiet(): Promise<void>
  proof(intentId: string): Promise<EffectProof | undefined>
}

/** Opens gates; whatever a gate does is told at once. */
export type OpenCall = (settings: CallSettings, onDeed: (deed: GateDeed) => void) => GatedCall
