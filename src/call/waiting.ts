import { CLOSING_DEADLINE_MS, closeForLostModel } from './ending.ts'
import type { CallEvent } from './event.ts'
import { playClip } from './sounding.ts'
import { type CallState, chain, isSounding, type Step, unchanged, withTurn } from './state.ts'

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
  if (!replyOwed || phase !== 'live' || session !== 'ready' || turns.callerSpeaking) return unchanged(state)
  const asked = due({ ...state, replyOwed: undefined })
  return {
    state: asked.state,
    effects: [{ kind: 'requestReply', purpose: replyOwed }, ...asked.effects],
  }
}

/** The model works and nothing is heard of it: the caller does not wait for that without a bound either. */
export function watchWork(state: CallState): Step {
  const { callerSpeaking, replyDue, replies, toolsRunning } = state.turns
  const working = toolsRunning > 0 || replies.some((reply) => !reply.dropped)
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

/**
 * No reply was heard in time: first a sentence that asks for patience, then the model counts as lost. While a tool
 * runs it is not the model that is waited for; tools have a deadline of their own.
 */
export function onReplyOverdue(state: CallState, event: Of<'timer'>): Step {
  if (state.phase !== 'live' || !state.turns.replyDue) return unchanged(state)
  const patience = (now: CallState) => playClip(now, 'hold', event.atMs)
  if (event.name === 'hold') return patience(state)
  if (state.turns.toolsRunning === 0) return closeForLostModel(state, event.atMs)
  return chain(state, patience, (now) => ({
    state: now,
    effects: [{ kind: 'setTimer', name: 'silentModel', delayMs: state.rules.silentModelMs }],
  }))
}
