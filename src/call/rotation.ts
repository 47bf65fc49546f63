import type { CallEvent } from './event.ts'
import { type CallState, isFloorBusy, isSounding, type Step, unchanged } from './state.ts'

type Of<Kind extends CallEvent['kind']> = Extract<CallEvent, { kind: Kind }>

/** A session in reserve that was lost is tried again after this. */
const NEXT_SESSION_RETRY_MS = 15_000

/** No session is replaced sooner: whatever its end is said to be, a call does not open one after another. */
const LEAST_SESSION_MS = 30_000

/**
 * The effect that reminds of the end of a session that lasts so long. One that is over already, as it is told where one
 * of the two clocks is wrong, is kept: should it really end, it is replaced as any other that is lost.
 */
export function rotationTimer({ rules }: CallState, lastsMs: number | undefined): Step['effects'] {
  if (lastsMs === undefined || lastsMs <= 0) return []
  const delayMs = Math.max(LEAST_SESSION_MS, lastsMs - Math.min(rules.rotationMarginMs, lastsMs / 4))
  return [{ kind: 'setTimer', name: 'rotate', delayMs }]
}

/** The session will end soon: at the next quiet moment another one is made ready. */
export function onRotationDue(state: CallState): Step {
  if (state.session !== 'ready' || state.leg.rotation !== 'none') return unchanged(state)
  return unchanged({ ...state, leg: { ...state.leg, rotation: 'due' } })
}

/** The session in reserve agreed. */
export function onNextReady(state: CallState, event: Of<'nextReady'>): Step {
  if (state.leg.rotation !== 'opening') return unchanged(state)
  return {
    state: { ...state, leg: { ...state.leg, rotation: 'ready' } },
    effects: rotationTimer(state, event.lastsMs),
  }
}

/** The session in reserve was lost; the one in use still lives. */
export function onNextLost(state: CallState, event: Of<'nextLost'>): Step {
  return {
    state: { ...state, leg: { ...state.leg, rotation: 'none' } },
    effects: [
      { kind: 'log', level: 'warn', event: 'nextSessionLost', fields: { code: event.code } },
      { kind: 'setTimer', name: 'rotate', delayMs: NEXT_SESSION_RETRY_MS },
    ],
  }
}

/** Nobody speaks and nothing is due: the moment in which sessions change unnoticed. */
export function rotateWhenQuiet(state: CallState): Step {
  const { leg, turns, phase, floor } = state
  if (leg.rotation !== 'due' && leg.rotation !== 'ready') return unchanged(state)
  const speaking = turns.callerSpeaking || turns.committing || turns.replies.length > 0
  const working = turns.replyDue !== undefined || turns.toolsRunning > 0 || floor.isReplyHeld
  // Another session knows nothing of a question, and an answer to it would not count.
  const asking = floor.standing.isOpen || isFloorBusy(state)
  const busy = speaking || working || asking || leg.doubted
  if (phase !== 'live' || state.session !== 'ready' || busy || isSounding(state)) return unchanged(state)
  const opens = leg.rotation === 'due'
  return {
    state: { ...state, leg: { ...leg, rotation: opens ? 'opening' : 'none' } },
    effects: [opens ? { kind: 'openNext' } : { kind: 'switchSession' }],
  }
}
