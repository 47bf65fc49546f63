import type { GateStanding } from '../gate/gate-options.ts'
import type { FixedSentence } from '../ports/prompt-audio.ts'
import type { CallEnding } from '../ports/storage.ts'
import type { Effect } from './effect.ts'
import type { Saying, Utterance } from './event.ts'
import { emptyTranscript, type Transcript } from './transcript.ts'

/** The rules of one call; lengths in milliseconds. */
export type CallRules = {
  /** Sentences played first, in this order. */
  readonly opening: readonly FixedSentence[]
  /** The model greets in its own words, after the opening. */
  readonly modelGreets: boolean
  /** What each fixed sentence says in the language of this call. */
  readonly sentences: Readonly<Record<FixedSentence, string>>
  /** Silence after which the caller is asked whether they are still there. */
  readonly idleMs: number
  readonly maxLengthMs: number
  /** How long before the maximum the caller is warned. */
  readonly warningMs: number
  /** A reply is due and nothing was heard: the hold sentence after this… */
  readonly holdMs: number
  /** …and the model counts as lost after this. */
  readonly silentModelMs: number
  /** Pauses before the tries to get a lost session back; as many tries as pauses. */
  readonly redialDelaysMs: readonly number[]
  /** Sessions that one call may lose before it is given up. */
  readonly maxLosses: number
  /** So long before the provider ends a session another one is made ready. */
  readonly rotationMarginMs: number
  /** A call that the model can no longer hold is handed to the network, which says what is left to do. */
  readonly handsOver: boolean
  /** A session opened at the webhook is closed when no stream came within this. */
  readonly unclaimedMs: number
  /** A call whose stream never came is over after this. */
  readonly nonceTtlMs: number
  /** How long a call waits for a new stream after its socket broke. */
  readonly reattachMs: number
}

/**
 * Where a call stands. `ringing`: no stream yet. `live`: two-way audio. `closing`: a last sentence is being played.
 * `handedOver`: the network goes on without us (records a message, rings a person). `hangingUp`: the network was told. `detached`: the socket broke, another may come. `wrapUp`: only late transcripts
 * are missing. `over`: the record is complete.
 */
export type Phase =
  'ringing' | 'live' | 'closing' | 'handedOver' | 'hangingUp' | 'detached' | 'wrapUp' | 'over'

/** A response of the model that has not ended. */
export type Reply = {
  readonly responseId: string
  readonly dropped: boolean
  readonly sounded: boolean
  /** Its spoken items of which nothing was sent to the caller. */
  readonly silentItemIds: readonly string[]
}

/** Who is speaking and what is owed to whom. */
export type Turns = {
  /** The caller's speech that has started and not stopped. */
  readonly callerSpeaking: boolean
  /** The caller has stopped speaking, and the turn is not yet part of the conversation. */
  readonly committing: boolean
  readonly speechStartedAtMs: number | undefined
  readonly speechStoppedAtMs: number | undefined
  /** The caller waits for the model: a reply was asked for, or the model works on something and nothing is heard. */
  readonly replyDue: 'asked' | 'working' | undefined
  /** Replies asked for again in this turn because one failed. */
  readonly retries: number
  readonly replies: readonly Reply[]
  readonly toolCalls: readonly string[]
  readonly toolsRunning: number
}

/** A fixed sentence that is queued or being played. */
export type PlayingClip = { readonly clipId: number; readonly sentence: FixedSentence }

/** What is queued for the caller and has not been heard to its end. */
export type Sounding = {
  readonly clips: readonly PlayingClip[]
  readonly replyItemIds: readonly string[]
  /** Sentences that were cut off and must be heard once. */
  readonly owed: readonly FixedSentence[]
  readonly askings: Readonly<Partial<Record<FixedSentence, number>>>
  readonly nextClipId: number
}

/** Why the call is being ended, whether the caller's voice may still change that, and what comes after the last word. */
export type Closing = {
  readonly ending: CallEnding
  readonly revocable: boolean
  readonly last: 'hangUp' | 'handOver'
}

/** How the connection to the model fares. */
export type Leg = {
  /** Tries to get a session back since the model was last heard. */
  readonly tries: number
  /** Sessions lost so far. */
  readonly losses: number
  /** The model was open and silent since it was last heard, and was replaced for it. */
  readonly silent: boolean
  /** The next session is told a turn as sound that the lost one had not understood. */
  readonly turnOpen: boolean
  /** The session was told sound in which it may find a turn that it answers by itself: nothing is asked of it yet. */
  readonly listening: boolean
  /** The caller said something by our own ear or to a lost session, and the one in use has not answered since. */
  readonly doubted: boolean
  readonly rotation: 'none' | 'due' | 'opening' | 'ready'
}

/** Who may speak when the server itself has something to say or to ask. */
export type Floor = {
  readonly standing: GateStanding
  /** Sentences of ours that wait to be spoken. */
  readonly due: readonly Saying[]
  /** The one that is being spoken, or was asked for. */
  readonly saying: (Saying & { readonly responseId?: string }) | undefined
  /** The model is about to reply: it was asked to, or the caller's turn is over. */
  readonly isReplyComing: boolean
  /** A reply is wanted that must not be heard before a question is over. */
  readonly isReplyHeld: boolean
  /** Whether the caller was asked for patience in the present spell of work. */
  readonly filler: 'none' | 'due' | 'said'
  /** A question waits for the model to be quiet, and its time is running. */
  readonly isPressing: boolean
}

/** The whole state of one call; only `step` makes a new one. */
export type CallState = {
  readonly rules: CallRules
  readonly phase: Phase
  readonly session: 'opening' | 'ready' | 'closed'
  readonly leg: Leg
  readonly closing: Closing | undefined
  readonly turns: Turns
  readonly floor: Floor
  readonly sounding: Sounding
  readonly transcript: Transcript
  readonly idlePrompts: number
  readonly resting: boolean
  readonly revocations: number
  readonly everLive: boolean
  /** A reply that the caller is owed as soon as stream and session are there: the first words, or on after a break. */
  readonly replyOwed: 'greeting' | 'resumption' | undefined
}

/** What one event leads to. */
export type Step = { readonly state: CallState; readonly effects: readonly Effect[] }

/** The state of a call whose webhook has just been answered. */
export function initialState(rules: CallRules): CallState {
  return {
    rules,
    phase: 'ringing',
    session: 'opening',
    leg: {
      tries: 0,
      losses: 0,
      silent: false,
      turnOpen: false,
      listening: false,
      doubted: false,
      rotation: 'none',
    },
    closing: undefined,
    turns: {
      callerSpeaking: false,
      committing: false,
      speechStartedAtMs: undefined,
      speechStoppedAtMs: undefined,
      replyDue: undefined,
      retries: 0,
      replies: [],
      toolCalls: [],
      toolsRunning: 0,
    },
    floor: {
      standing: { isOpen: false, isAsking: false, isRunning: false },
      due: [],
      saying: undefined,
      isReplyComing: false,
      isReplyHeld: false,
      filler: 'none',
      isPressing: false,
    },
    sounding: { clips: [], replyItemIds: [], owed: [], askings: {}, nextClipId: 0 },
    transcript: emptyTranscript,
    idlePrompts: 0,
    resting: false,
    revocations: 0,
    everLive: false,
    replyOwed: rules.modelGreets ? 'greeting' : undefined,
  }
}

/** The state of a call that the network serves from the start, because no model can be reached. */
export function handedOverState(rules: CallRules): CallState {
  const closing = { ending: 'modelLost', revocable: false, last: 'hangUp' } as const
  return { ...initialState(rules), phase: 'handedOver', session: 'closed', closing }
}

/** The effects that belong to a call's very first moment. */
export function initialEffects({ phase, rules }: CallState): readonly Effect[] {
  if (phase === 'handedOver') return [{ kind: 'setTimer', name: 'handedOver', delayMs: rules.maxLengthMs }]
  return [
    { kind: 'setTimer', name: 'unclaimed', delayMs: rules.unclaimedMs },
    { kind: 'setTimer', name: 'nonceExpired', delayMs: rules.nonceTtlMs },
  ]
}

/** Runs one pure step after another, collecting their effects. */
export function chain(state: CallState, ...steps: ((state: CallState) => Step)[]): Step {
  const effects: Effect[] = []
  let current = state
  for (const next of steps) {
    const result = next(current)
    current = result.state
    effects.push(...result.effects)
  }
  return { state: current, effects }
}

/** A step that changes nothing. */
export function unchanged(state: CallState): Step {
  return { state, effects: [] }
}

/** True while anything is queued for the caller. */
export function isSounding(state: CallState): boolean {
  return state.sounding.clips.length > 0 || state.sounding.replyItemIds.length > 0
}

/** Whether something is being done for the caller, with or without a question before. */
export function isWorking({ turns, floor }: CallState): boolean {
  return turns.toolsRunning > 0 || floor.standing.isRunning
}

/** Whether anything of ours waits to be said, is being said, or waits for an answer. */
export function isFloorBusy({ floor }: CallState): boolean {
  return floor.saying !== undefined || floor.due.length > 0 || floor.standing.isAsking
}

/** Changes something of who may speak. */
export function withFloor(state: CallState, patch: Partial<Floor>): CallState {
  return { ...state, floor: { ...state.floor, ...patch } }
}

/** Changes something of the turn. */
export function withTurn(state: CallState, patch: Partial<Turns>): CallState {
  return { ...state, turns: { ...state.turns, ...patch } }
}

/** Forgets an utterance that was heard to its end or dropped. */
export function withoutUtterance(sounding: Sounding, utterance: Utterance): Sounding {
  return utterance.kind === 'reply'
    ? { ...sounding, replyItemIds: sounding.replyItemIds.filter((itemId) => itemId !== utterance.itemId) }
    : { ...sounding, clips: sounding.clips.filter((clip) => clip.clipId !== utterance.clipId) }
}
