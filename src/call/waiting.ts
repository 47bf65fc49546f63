import { CLOSING_DEADLINE_MS } from './ending.ts'
import type { CallEvent } from './event.ts'
import { type CallState, isSounding, isWorking, type Step, unchanged, withFloor, withTurn } from './state.ts'

/** A session that said nothing counts as lost, once; the one that takes its place is heard within this, or given up. */
export const AFTER_SILENCE_MS = 3_000

type Of<Kind extends CallEvent['kind']> = Extract<CallEvent, { kind: Kind }>

/** Marks a reply as due and starts to wait for it; between two streams it becomes due with the next one. */
export function due(state: CallState, why: 'asked' | 'working' = 'asked'): Step {
  if (state.phase === 'detached') return unchanged(oweResumption(state))
  if (state.phase !== 'live') return unchanged(state)
  return {
    state: withTurn(state, { replyDue: why }),
    effects: [
      { kind: 'setTimer', name: 'hold', delayMs: state.rules.holdMs },
      { kind: 'setTimer', name: 'silentModel', delayMs: state.rules.silentModelMs },
      // However many sessions are tried meanwhile, the caller's wait has an end.
      { kind: 'setTimer', name: 'decision', delayMs: state.rules.silentModelMs + AFTER_SILENCE_MS },
    ],
  }
}

/** Ends the wait for a reply. */
export function notDue(state: CallState): Step {
  if (!state.turns.replyDue) return unchanged(state)
  return {
    state: withTurn(state, { replyDue: undefined }),
    effects: [
      { kind: 'cancelTimer', name: 'hold' },
      { kind: 'cancelTimer', name: 'silentModel' },
      { kind: 'cancelTimer', name: 'decision' },
    ],
  }
}

/** Notes that the call was broken off where the model was to speak, or will have a model that knows nothing of it. */
export function oweResumption(state: CallState): CallState {
  return { ...state, replyOwed: state.replyOwed ?? 'resumption' }
}

/** Asks for the reply that is owed, once, as soon as there is a session and somebody who listens. */
export function speakFirst(state: CallState): Step {
  const { replyOwed, phase, session, turns } = state
  const mayHear = phase === 'live' && session === 'ready'
  // A turn that is being told is answered by the session itself, and asking as well would be refused.
  const turnComes = turns.callerSpeaking || turns.committing || state.leg.listening
  if (!replyOwed || !mayHear || turnComes) return unchanged(state)
  const asked = goOnWaiting(withFloor({ ...state, replyOwed: undefined }, { isReplyComing: true }))
  return {
    state: asked.state,
    effects: [{ kind: 'requestReply', purpose: replyOwed }, ...asked.effects],
  }
}

/** The wait that runs is not made longer by asking; only the session has the time of one that can answer now. */
function goOnWaiting(state: CallState): Step {
  if (!state.turns.replyDue || state.phase !== 'live') return due(state)
  const delayMs = state.leg.silent ? AFTER_SILENCE_MS : state.rules.silentModelMs
  return {
    state: withTurn(state, { replyDue: 'asked' }),
    effects: [{ kind: 'setTimer', name: 'silentModel', delayMs }],
  }
}

/** The model works and nothing is heard of it: the caller does not wait for that without a bound either. */
export function watchWork(state: CallState): Step {
  const { callerSpeaking, replyDue, replies } = state.turns
  const working = isWorking(state) || replies.some((reply) => !reply.dropped)
  const silent = state.phase === 'live' && !callerSpeaking && !isSounding(state)
  return working && silent && !replyDue ? due(state, 'working') : unchanged(state)
}

/** All that was sent of a reply has been heard, and its end has not come: from now on the caller hears nothing. */
export function onReplyStalled(state: CallState, event: Of<'replyStalled'>): Step {
  if (state.phase === 'closing') {
    return { state, effects: [{ kind: 'setTimer', name: 'closing', delayMs: state.rules.holdMs }] }
  }
  const replyItemIds = state.sounding.replyItemIds.filter((itemId) => itemId !== event.itemId)
  return unchanged({ ...state, sounding: { ...state.sounding, replyItemIds } })
}

/** A reply that had stalled during a goodbye goes on: it may be heard to its end after all. */
export function onReplyGoesOn(state: CallState): Step {
  if (state.phase !== 'closing') return notDue(state)
  return { state, effects: [{ kind: 'setTimer', name: 'closing', delayMs: CLOSING_DEADLINE_MS }] }
}
