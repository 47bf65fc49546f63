import type { CallEvent } from './event.ts'
import { beginClosing, giveUpModel, revokeClosing } from './ending.ts'
import { isLate } from './doubt.ts'
import { sayingStarts } from './floor.ts'
import { legWorks } from './leg.ts'
import { interrupt, interruptLate, isUninterruptible, playClip, playOwed, withTurns } from './sounding.ts'
import { type CallState, chain, type Reply, type Step, unchanged, withFloor, withTurn } from './state.ts'
import * as transcript from './transcript.ts'
import { due, notDue, onReplyGoesOn, oweResumption } from './waiting.ts'

type Of<Kind extends CallEvent['kind']> = Extract<CallEvent, { kind: Kind }>

/** Replies in progress that are remembered; a server runs one in the conversation. */
const MAX_REPLIES = 8
/** Spoken items that are remembered, of a reply and of what is being heard; a reply has one or two. */
const MAX_ITEMS = 64
/** How often one turn asks again for a reply that failed. */
const MAX_RETRIES = 1

/** The caller begins to speak: whatever is being said stops, unless it must be heard. */
export function onSpeechStarted(state: CallState, event: Of<'speechStarted'>): Step {
  const speaking = withTurn(state, { callerSpeaking: true, speechStartedAtMs: event.atMs })
  const greeted = { ...speaking, idlePrompts: 0 }
  // What a lost session did not tell of is heard now, or once more: the caller has been waiting all along.
  const late = isLate(state, event)
  const heardCaller = late ? unchanged(greeted) : notDue(greeted)
  if (isUninterruptible(heardCaller.state)) return heardCaller
  return chain(
    speaking,
    () => heardCaller,
    revokeClosing,
    (now) => (late ? interruptLate(now, event) : interrupt(now, event.heard)),
  )
}

/** The caller pauses: what was cut off and must be heard is said first, ahead of the reply. */
export function onSpeechStopped(state: CallState, event: Of<'speechStopped'>): Step {
  const stopped = withTurn(state, { callerSpeaking: false, committing: true, speechStoppedAtMs: event.atMs })
  return state.phase === 'live' ? playOwed(stopped, event.atMs) : unchanged(stopped)
}

/** The caller's turn is part of the conversation: a reply is due. */
export function onTurnCommitted(state: CallState, event: Of<'turnCommitted'>): Step {
  const startedAtMs = state.turns.speechStartedAtMs ?? event.atMs
  const recorded = transcript.callerTurn(state.transcript, { itemId: event.itemId, startedAtMs })
  // The provider's reply to this turn goes on with the call by itself.
  const leg = { ...state.leg, turnOpen: false }
  const turn = {
    // It also covers what the model was told before.
    ...withFloor(withTurn(state, { committing: false, retries: 0, toolCalls: [] }), {
      isReplyComing: true,
      isReplyHeld: false,
    }),
    replyOwed: undefined,
    leg,
  }
  return chain(
    turn,
    (now) => withTurns(now, recorded),
    (now) => (now.turns.replyDue ? unchanged(withTurn(now, { replyDue: 'asked' })) : due(now)),
  )
}

/** Words of the caller; only the final ones are kept. */
export function onCallerTranscript(state: CallState, event: Of<'callerTranscript'>): Step {
  if (!event.final) return unchanged(state)
  const startedAtMs = state.turns.speechStartedAtMs ?? event.atMs
  return understood(withTurns(state, transcript.callerText(state.transcript, { ...event, startedAtMs })))
}

/** No words will come for this turn. */
export function onCallerTranscriptFailed(state: CallState, event: Of<'callerTranscriptFailed'>): Step {
  return understood(withTurns(state, transcript.callerTextFailed(state.transcript, event.itemId)))
}

/** The words of a turn are known: as long as they are, no other session need hear its sound. */
function understood({ state, effects }: Step): Step {
  const turnIsOpen = state.turns.callerSpeaking || transcript.awaitsCallerText(state.transcript)
  return { state, effects: [...effects, { kind: 'forgetCaller', turnIsOpen }] }
}

/** Whether a response that begins is not to be heard: the caller speaks, or does not listen, or it is no longer asked for. */
export function isUnwanted(state: CallState, event: Of<'responseStarted'>): boolean {
  const closing = state.closing !== undefined && !state.closing.revocable
  return (
    state.turns.callerSpeaking ||
    state.phase === 'detached' ||
    closing ||
    sayingStarts(state, event).isUnwanted
  )
}

/** A response began. One that begins while the caller speaks, or cannot hear it, is not wanted. */
export function onResponseStarted(state: CallState, event: Of<'responseStarted'>): Step {
  const { responseId } = event
  const { state: begun } = sayingStarts(state, event)
  const unheard = state.phase === 'detached'
  const unwanted = isUnwanted(state, event)
  const reply: Reply = { responseId, dropped: unwanted, sounded: false, silentItemIds: [] }
  const next = withTurn(begun, { replies: [...state.turns.replies.slice(-(MAX_REPLIES - 1)), reply] })
  if (!unwanted) return unchanged(next)
  return {
    state: unheard ? oweResumption(next) : next,
    effects: [
      { kind: 'dropReply', responseId },
      { kind: 'cancelReply', responseId },
    ],
  }
}

/** A spoken item of a response began; nothing of it was sent yet. */
export function onReplyStarted(state: CallState, event: Of<'replyStarted'>): Step {
  return unchanged(
    withReply(state, event.responseId, (reply) => ({
      ...reply,
      silentItemIds: [...reply.silentItemIds, event.itemId].slice(-MAX_ITEMS),
    })),
  )
}

/** The first audio of a reply went out. */
export function onReplySounding(state: CallState, event: Of<'replySounding'>): Step {
  return chain(
    state,
    legWorks,
    (now) => replySounds(now, event),
    onReplyGoesOn,
    (now) => latencySeen(now, event),
  )
}

function replySounds(state: CallState, event: Of<'replySounding'>): Step {
  const stoppedAtMs = state.turns.speechStoppedAtMs
  const latency =
    stoppedAtMs === undefined
      ? {}
      : { firstDeltaMs: round(event.deltaAtMs - stoppedAtMs), firstMediaMs: round(event.atMs - stoppedAtMs) }
  const recorded = transcript.replySounding(state.transcript, {
    itemId: event.itemId,
    startedAtMs: event.atMs,
    ...latency,
  })
  const sounded = withReply(state, event.responseId, (reply) => ({
    ...reply,
    sounded: true,
    silentItemIds: reply.silentItemIds.filter((itemId) => itemId !== event.itemId),
  }))
  const replyItemIds = [...new Set([...sounded.sounding.replyItemIds, event.itemId])].slice(-MAX_ITEMS)
  return withTurns({ ...sounded, sounding: { ...sounded.sounding, replyItemIds } }, recorded)
}

function latencySeen(state: CallState, event: Of<'replySounding'>): Step {
  const stoppedAtMs = state.turns.speechStoppedAtMs
  if (stoppedAtMs === undefined) return unchanged(state)
  return {
    state,
    effects: [
      { kind: 'observe', name: 'turn_first_delta_ms', valueMs: event.deltaAtMs - stoppedAtMs },
      { kind: 'observe', name: 'turn_first_media_ms', valueMs: event.atMs - stoppedAtMs },
    ],
  }
}

/** The caller begins to hear an utterance; for a reply this ends the turn's latency. */
export function onFirstHeard(state: CallState, event: Of<'firstHeard'>): Step {
  const stoppedAtMs = state.turns.speechStoppedAtMs
  const measured = event.utterance.kind === 'reply' && stoppedAtMs !== undefined
  const recorded = transcript.firstHeard(state.transcript, {
    utterance: event.utterance,
    ...(measured && { firstMarkMs: round(event.atMs - stoppedAtMs) }),
  })
  const step = withTurns(withTurn(state, measured ? { speechStoppedAtMs: undefined } : {}), recorded)
  if (!measured) return step
  const observed = { kind: 'observe', name: 'turn_first_mark_ms', valueMs: event.atMs - stoppedAtMs } as const
  return { state: step.state, effects: [...step.effects, observed] }
}

/** A response ended, in whatever way. */
export function onResponseDone(state: CallState, event: Of<'responseDone'>): Step {
  const reply = state.turns.replies.find(({ responseId }) => responseId === event.responseId)
  const next = withTurn(state, {
    replies: state.turns.replies.filter(({ responseId }) => responseId !== event.responseId),
  })
  if (reply?.dropped) {
    // The caller heard nothing of these: without a truncation the model would believe that it said them.
    const effects = reply.silentItemIds.map(
      (itemId) => ({ kind: 'truncateReply', itemId, heardMs: 0 }) as const,
    )
    return { state: next, effects }
  }
  const failed = event.status === 'failed' || event.status === 'incomplete'
  if (failed && !reply?.sounded && state.phase === 'live') return onUselessResponse(next, event)
  // What was asked for meanwhile is still to come.
  return next.turns.replyDue === 'working' ? notDue(next) : unchanged(next)
}

/** A reply failed before anything was heard: once more where that can help, otherwise the caller is told. */
function onUselessResponse(state: CallState, event: Of<'responseDone'>): Step {
  const log = {
    kind: 'log',
    level: 'warn',
    event: 'responseFailed',
    fields: { responseId: event.responseId, status: event.status, code: event.code ?? 'none' },
  } as const
  if (event.retryable && state.turns.retries < MAX_RETRIES) {
    const retried = withTurn(state, { retries: state.turns.retries + 1 })
    const again = withFloor(retried, { isReplyComing: true })
    return { state: again, effects: [log, { kind: 'requestReply', purpose: 'retry' }] }
  }
  const closed = giveUpModel(state, event.atMs)
  return { state: closed.state, effects: [log, ...closed.effects] }
}

/** Keys are events of their own: they prove that somebody is there. */
export function onDtmf(state: CallState): Step {
  const effects = [{ kind: 'log', level: 'info', event: 'dtmf' } as const]
  return { state: { ...state, idlePrompts: 0, resting: false }, effects }
}

/** Media stopped coming while the caller was speaking: the model must hear the silence, or it waits for ever. */
export function onMediaPaused(state: CallState): Step {
  return state.turns.callerSpeaking
    ? { state, effects: [{ kind: 'padSilence', ms: 1_000 }] }
    : unchanged(state)
}

/** Silence on both sides: asks twice whether anybody is there, then says goodbye. */
export function onIdle(state: CallState, event: Of<'timer'>): Step {
  if (!state.resting) return unchanged(state)
  const asked = { ...state, resting: false, idlePrompts: state.idlePrompts + 1 }
  if (state.idlePrompts < 2) return playClip(asked, 'idlePrompt', event.atMs)
  return beginClosing(asked, { ending: 'idle', revocable: true, sentence: 'goodbye', atMs: event.atMs })
}

function withReply(state: CallState, responseId: string, make: (reply: Reply) => Reply): CallState {
  return withTurn(state, {
    replies: state.turns.replies.map((reply) => (reply.responseId === responseId ? make(reply) : reply)),
  })
}

function round(valueMs: number): number {
  return Math.round(valueMs * 10) / 10
}
