import { closeNow, finish, hangUp, hangUpUntold, wrapUp } from './ending.ts'
import type { CallEvent } from './event.ts'
import { isFinal } from './final-status.ts'
import { dial, onListened, onRedial, withoutSession } from './leg.ts'
import { onRotationDue } from './rotation.ts'
import { interrupt, playClip, playOwed, settleCut } from './sounding.ts'
import { type CallState, chain, isSounding, isWorking, type Step, unchanged, withFloor } from './state.ts'
import { notDue, oweResumption } from './waiting.ts'

type Of<Kind extends CallEvent['kind']> = Extract<CallEvent, { kind: Kind }>

/** A session outlives its stream by no more than this. */
const DETACHED_SESSION_MS = 2_000

/** A stream joined the call: the first one opens it, a later one goes on where the call broke off. */
export function onStreamStarted(state: CallState, event: Of<'streamStarted'>): Step {
  if (state.phase !== 'ringing' && state.phase !== 'detached') {
    return { state, effects: [{ kind: 'closeStream', code: 1000, reason: 'call is ending' }] }
  }
  const cancels = (['unclaimed', 'nonceExpired', 'detachedSession', 'reattach', 'redial'] as const).map(
    (name) => ({ kind: 'cancelTimer', name }) as const,
  )
  const resumed = state.everLive
  const step = chain(
    { ...state, phase: 'live', everLive: true },
    (now) => (resumed ? playOwed(now, event.atMs) : opening(now, event.atMs)),
    (now) => (event.sessionAlive ? unchanged(now) : dial(now, resumed)),
  )
  return { state: step.state, effects: [...cancels, ...step.effects] }
}

/** The first seconds: length limits start, and the fixed sentences play before any model is ready. */
function opening(state: CallState, atMs: number): Step {
  const { maxLengthMs, warningMs, opening: sentences } = state.rules
  const timers: Step = {
    state,
    effects: [
      ...(maxLengthMs > 2 * warningMs
        ? [{ kind: 'setTimer', name: 'lengthWarning', delayMs: maxLengthMs - warningMs } as const]
        : []),
      { kind: 'setTimer', name: 'lengthReached', delayMs: maxLengthMs },
    ],
  }
  return chain(
    state,
    () => timers,
    ...sentences.map((sentence) => (now: CallState) => playClip(now, sentence, atMs)),
  )
}

/** The stream is over. Only a stop says that the caller hung up; a broken one may be followed by another stream. */
export function onStreamEnded(state: CallState, event: Of<'streamEnded'>): Step {
  if (state.phase === 'hangingUp') return wrapUp(state, 'agentHungUp', event.heard)
  switch (event.reason) {
    case 'stop':
      return wrapUp({ ...state, closing: undefined }, 'callerHungUp', event.heard)
    case 'shutdown':
      return wrapUp(state, 'shutdown', event.heard)
    case 'closed':
    // Closed by us, for what came over it: the network asks what comes next all the same, and the caller did nothing.
    case 'protocolError':
      return state.phase === 'closing'
        ? chain(state, (now) => settleCut(now, event.heard), hangUp)
        : detach(state, event)
    case 'mediaSilence':
    case 'backpressure':
      return chain(
        state,
        (now) => settleCut(now, event.heard),
        (now) => hangUpUntold(now, 'streamLost'),
      )
  }
}

/** The socket broke: the call waits a while for its next stream, and then goes on with what was cut off. */
function detach(state: CallState, event: Of<'streamEnded'>): Step {
  if (state.phase !== 'live') return unchanged(state)
  const { replyDue, replies } = state.turns
  const midway = replyDue !== undefined || replies.length > 0 || isWorking(state) || isSounding(state)
  const cut = chain(state, notDue, (now) => interrupt(now, event.heard))
  const detached: CallState = withFloor({ ...cut.state, phase: 'detached' }, { isReplyComing: false })
  return {
    state: midway ? oweResumption(detached) : detached,
    effects: [
      ...cut.effects,
      { kind: 'log', level: 'warn', event: 'streamLost', fields: { reason: event.reason } },
      { kind: 'setTimer', name: 'detachedSession', delayMs: DETACHED_SESSION_MS },
      { kind: 'setTimer', name: 'reattach', delayMs: state.rules.reattachMs },
    ],
  }
}

/** Timers of the call's life; those of a turn are in turns.ts. */
export function onLifeTimer(state: CallState, event: Of<'timer'>): Step {
  switch (event.name) {
    case 'unclaimed':
      return closeIdleSession(state, 'ringing', event)
    case 'detachedSession':
      return state.phase === 'wrapUp' ? finish(state) : closeIdleSession(state, 'detached', event)
    case 'nonceExpired':
      return state.phase === 'ringing' ? wrapUp(state, 'streamLost', []) : unchanged(state)
    case 'reattach':
      if (state.phase !== 'detached') return unchanged(state)
      return hangUpUntold(state, 'streamLost')
    case 'lengthWarning':
      return state.phase === 'live' ? playClip(state, 'timeAlmostUp', event.atMs) : unchanged(state)
    case 'lengthReached':
      return closeNow(state, { ...event, ending: 'maximumLength', sentence: 'goodbye' })
    case 'redial':
      return onRedial(state)
    case 'listened':
      return onListened(state)
    case 'rotate':
      return onRotationDue(state)
    case 'handedOver':
      return state.phase === 'handedOver' ? hangUpUntold(state, 'modelLost') : unchanged(state)
    case 'closing':
      return hangUp(state)
    case 'hangUp':
      return state.phase === 'hangingUp' ? wrapUp(state, 'agentHungUp', event.heard) : unchanged(state)
    case 'idle':
    case 'filler':
    case 'question':
    case 'hold':
    case 'silentModel':
    case 'decision':
      return unchanged(state)
  }
}

function closeIdleSession(state: CallState, phase: 'ringing' | 'detached', { heard }: Of<'timer'>): Step {
  if (state.phase !== phase || state.session === 'closed') return unchanged(state)
  const closed = withoutSession(state, heard)
  return {
    state: closed.state,
    effects: [{ kind: 'closeSession', reason: 'unclaimed' }, ...closed.effects],
  }
}

/** The network says how the call stands; a final word ends it, whatever the socket says. */
export function onStatusChanged(state: CallState, event: Of<'statusChanged'>): Step {
  // A call that waits for late words has ended already, and knows why.
  if (!isFinal(event.status) || state.phase === 'wrapUp') return unchanged(state)
  const kept = state.phase === 'hangingUp' || state.phase === 'handedOver'
  const closing = kept ? state.closing : undefined
  return wrapUp({ ...state, closing }, 'callerHungUp', event.heard)
}
