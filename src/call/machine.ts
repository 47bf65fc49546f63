import { closeNow, cutOff, finishIfComplete, hangUp, isClosed, onHangUpDone } from './ending.ts'
import * as doubt from './doubt.ts'
import type { CallEvent } from './event.ts'
import { onFiller, watchFiller } from './filler.ts'
import * as floor from './floor.ts'
import * as leg from './leg.ts'
import * as lifeline from './lifeline.ts'
import * as rotation from './rotation.ts'
import type { Effect } from './effect.ts'
import { silenceFirst, withTurns } from './sounding.ts'
import {
  type CallState,
  chain,
  isSounding,
  isWorking,
  type Step,
  unchanged,
  withoutUtterance,
} from './state.ts'
import { onToolFinished, onToolRequested } from './tooling.ts'
import * as transcript from './transcript.ts'
import * as turns from './turns.ts'
import * as waiting from './waiting.ts'

/**
 * The whole of a call's behaviour: a pure function from where the call stands and what happened to where it stands now
 * and what has to be done. It reads no clock and no counter.
 */
export function step(state: CallState, event: CallEvent): Step {
  if (state.phase === 'over') return unchanged(state)
  // Nothing follows from these but the record: the first are the most frequent event, the others stand before a sound.
  if (event.kind === 'replyText' || event.kind === 'replyStarted') return handle(state, event)
  return chain(state, (now) => handle(now, event), settle)
}

/**
 * The effects of a step that must not wait for the rest of it to be worked out: a caller who begins to speak is to hear
 * silence. `step` gives all of its clearing and dropping here; whoever has carried it out leaves it out then.
 */
export function aheadOfStep(state: CallState, event: CallEvent): readonly Effect[] {
  return event.kind === 'speechStarted' && state.phase !== 'over'
    ? silenceFirst(state, doubt.isLate(state, event))
    : []
}

function handle(state: CallState, event: CallEvent): Step {
  switch (event.kind) {
    case 'streamStarted':
      return lifeline.onStreamStarted(state, event)
    case 'streamEnded':
      return lifeline.onStreamEnded(state, event)
    case 'statusChanged':
      return lifeline.onStatusChanged(state, event)
    case 'sessionReady':
    case 'sessionLost':
    case 'nextReady':
    case 'nextLost':
    case 'callerPaused':
    case 'sessionAnswered':
      return onModelLeg(state, event)
    case 'mediaPaused':
    case 'dtmf':
    case 'speechStarted':
    case 'speechStopped':
    case 'turnCommitted':
    case 'callerTranscript':
    case 'callerTranscriptFailed':
      return onCallerTurn(state, event)
    case 'responseStarted':
      return turns.onResponseStarted(state, event)
    case 'replyStarted':
      return turns.onReplyStarted(state, event)
    case 'replyText':
      return withTurns(state, transcript.replyText(state.transcript, event))
    case 'replySounding':
      return turns.onReplySounding(state, event)
    case 'replyStalled':
      return waiting.onReplyStalled(state, event)
    case 'replyAudioDone':
      return unchanged(state)
    case 'sayingWanted':
    case 'sayingStopped':
    case 'confirmationsMoved':
    case 'callerProven':
    case 'outcomes':
    case 'eventRefused':
      return onFloor(state, event)
    case 'responseDone':
      return turns.onResponseDone(state, event)
    case 'firstHeard':
      return turns.onFirstHeard(state, event)
    case 'utteranceHeard':
      return onUtteranceHeard(state, event)
    case 'toolRequested':
      return onToolRequested(state, event)
    case 'toolFinished':
      return onToolFinished(state, event)
    case 'timer':
      return onTimer(state, event)
    case 'hangUpDone':
    case 'shutdown':
    case 'cutOff':
      return onOrderedEnd(state, event)
  }
}

type CallerTurnEvent = Extract<
  CallEvent,
  {
    kind:
      | 'mediaPaused'
      | 'dtmf'
      | 'speechStarted'
      | 'speechStopped'
      | 'turnCommitted'
      | 'callerTranscript'
      | 'callerTranscriptFailed'
  }
>

function onCallerTurn(state: CallState, event: CallerTurnEvent): Step {
  switch (event.kind) {
    case 'mediaPaused':
      return turns.onMediaPaused(state)
    case 'dtmf':
      return turns.onDtmf(state)
    case 'speechStarted':
      return turns.onSpeechStarted(state, event)
    case 'speechStopped':
      return turns.onSpeechStopped(state, event)
    case 'turnCommitted':
      return turns.onTurnCommitted(state, event)
    case 'callerTranscript':
      return turns.onCallerTranscript(state, event)
    case 'callerTranscriptFailed':
      return turns.onCallerTranscriptFailed(state, event)
  }
}

type FloorEvent = Extract<
  CallEvent,
  {
    kind:
      'sayingWanted' | 'sayingStopped' | 'confirmationsMoved' | 'callerProven' | 'outcomes' | 'eventRefused'
  }
>

function onFloor(state: CallState, event: FloorEvent): Step {
  switch (event.kind) {
    case 'sayingWanted':
      return floor.onSayingWanted(state, event)
    case 'sayingStopped':
      return floor.onSayingStopped(state, event)
    case 'confirmationsMoved':
      return floor.onConfirmationsMoved(state, event)
    case 'callerProven':
      // Another session is told of all that the caller may have done now.
      return rotation.onRotationDue(state)
    case 'outcomes':
      return floor.onOutcomes(state, event)
    case 'eventRefused':
      return floor.onEventRefused(state, event)
  }
}

type LegEvent = Extract<
  CallEvent,
  {
    kind: 'sessionReady' | 'sessionLost' | 'nextReady' | 'nextLost' | 'callerPaused' | 'sessionAnswered'
  }
>

function onModelLeg(state: CallState, event: LegEvent): Step {
  switch (event.kind) {
    case 'sessionReady':
      return leg.onSessionReady(state, event)
    case 'sessionLost':
      return leg.onSessionLost(state, event)
    case 'nextReady':
      return rotation.onNextReady(state, event)
    case 'nextLost':
      return rotation.onNextLost(state, event)
    case 'callerPaused':
      return doubt.onCallerPaused(state, event)
    case 'sessionAnswered':
      return doubt.onSessionAnswered(state)
  }
}

function onOrderedEnd(
  state: CallState,
  event: Extract<CallEvent, { kind: 'hangUpDone' | 'shutdown' | 'cutOff' }>,
): Step {
  switch (event.kind) {
    case 'hangUpDone':
      return onHangUpDone(state, event)
    case 'shutdown':
      return chain(
        state,
        (now) => ({ state: now, effects: [{ kind: 'endGate', reason: 'stopping' }] }),
        (now) => closeNow(now, { ...event, ending: 'shutdown', sentence: 'goodbye' }),
      )
    case 'cutOff':
      return cutOff(state, event.heard)
  }
}

function onTimer(state: CallState, event: Extract<CallEvent, { kind: 'timer' }>): Step {
  if (event.name === 'idle') return turns.onIdle(state, event)
  if (event.name === 'filler') return onFiller(state, event.atMs)
  if (event.name === 'question') return floor.onQuestionPressing(state, event.heard)
  if (event.name === 'hold' || event.name === 'silentModel' || event.name === 'decision')
    return leg.onReplyOverdue(state, event)
  return lifeline.onLifeTimer(state, event)
}

function onUtteranceHeard(state: CallState, event: Extract<CallEvent, { kind: 'utteranceHeard' }>): Step {
  const heard = { ...state, sounding: withoutUtterance(state.sounding, event.utterance) }
  const settled = withTurns(heard, transcript.heardToEnd(heard.transcript, event.utterance, event.heardMs))
  if (event.utterance.kind === 'clip') return settled
  // Whatever was asked has been answered: no other session need hear it again.
  const turnIsOpen = heard.turns.callerSpeaking
  return { state: settled.state, effects: [...settled.effects, { kind: 'forgetCaller', turnIsOpen }] }
}

/** What follows from where the call now stands, whatever brought it there. */
function settle(state: CallState): Step {
  return chain(
    state,
    (now) => (isClosed(now) ? hangUp(now) : unchanged(now)),
    finishIfComplete,
    waiting.speakFirst,
    floor.sayNext,
    floor.watchQuestion,
    floor.releaseReply,
    watchFiller,
    waiting.watchWork,
    leg.watchLeg,
    rotation.rotateWhenQuiet,
    rest,
  )
}

/**
 * Nobody speaks, nothing is played and nothing is due: the time until the caller is asked for starts to run. A session
 * that is lost meanwhile and replaced does not begin it anew: the caller hears nothing of that.
 */
function rest(state: CallState): Step {
  const { callerSpeaking, replies, replyDue } = state.turns
  const replying = replies.some((reply) => !reply.dropped)
  const spoken = callerSpeaking || replying || isSounding(state) || state.floor.standing.isAsking
  const busy = spoken || replyDue !== undefined || isWorking(state)
  const resting = state.phase === 'live' && !busy
  if (resting === state.resting) return unchanged(state)
  return {
    state: { ...state, resting },
    effects: resting
      ? [{ kind: 'setTimer', name: 'idle', delayMs: state.rules.idleMs }]
      : [{ kind: 'cancelTimer', name: 'idle' }],
  }
}
