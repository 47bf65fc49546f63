import type { CallEvent } from './event.ts'
import { type CallState, type Step, unchanged } from './state.ts'
import { due, notDue } from './waiting.ts'

type Of<Kind extends CallEvent['kind']> = Extract<CallEvent, { kind: Kind }>

/**
 * Our own ear says that the caller has said something, and the model has not told of it or of its end. It may be a
 * noise, or the model may have fallen silent: it is asked for any answer at all, and meanwhile the caller's wait counts.
 */
export function onCallerPaused(state: CallState, { beganAtMs }: Of<'callerPaused'>): Step {
  const { callerSpeaking, speechStartedAtMs = -Infinity, replyDue } = state.turns
  const noticed = speechStartedAtMs >= beganAtMs && !callerSpeaking
  if (state.phase !== 'live' || noticed) return unchanged(state)
  const doubted = { ...state, leg: { ...state.leg, doubted: true } }
  if (state.session !== 'ready') return unchanged(doubted)
  // Who waits already, and has spoken again, is to hear something within the same time as after any other turn.
  const hold = { kind: 'setTimer', name: 'hold', delayMs: state.rules.holdMs } as const
  const waits = replyDue ? { state: doubted, effects: [hold] } : due(doubted, 'working')
  // One question at a time: the answer to the one that is out there is awaited.
  return state.leg.doubted ? waits : { ...waits, effects: [{ kind: 'probeSession' }, ...waits.effects] }
}

/** Whether the model tells only now, or once more, of words that were said a while ago. */
export function isLate({ leg }: CallState, { isLive }: Of<'speechStarted'>): boolean {
  return leg.doubted && isLive !== true
}

/** A session that has just been given what the caller said meanwhile is asked whether it is there. */
export function probeDoubted(state: CallState): Step {
  return state.leg.doubted ? { state, effects: [{ kind: 'probeSession' }] } : unchanged(state)
}

/** The model answers: what our ear took for words and the model did not is left to its judgement. */
export function onSessionAnswered(state: CallState): Step {
  const { leg, turns, replyOwed } = state
  if (!leg.doubted) return unchanged(state)
  const calm = { ...state, leg: { ...leg, doubted: false } }
  const works = turns.toolsRunning > 0 || turns.replies.some((reply) => !reply.dropped)
  const waits = works || replyOwed !== undefined || (leg.turnOpen && !turns.callerSpeaking)
  return turns.replyDue !== 'working' || waits ? unchanged(calm) : notDue(calm)
}
