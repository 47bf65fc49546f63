import type { FixedSentence } from '../ports/prompt-audio.ts'
import type { CallEnding } from '../ports/storage.ts'
import type { Effect } from './effect.ts'
import type { CallEvent, Heard } from './event.ts'
import { interrupt, playClip, settleCut } from './sounding.ts'
import { type CallState, chain, isSounding, type Step, unchanged } from './state.ts'
import { awaitsCallerText } from './transcript.ts'

/** A last sentence takes no longer than this; then the call ends, heard or not. */
export const CLOSING_DEADLINE_MS = 20_000
/** The network answers a hang-up within this, or the socket is closed without an answer. */
const HANG_UP_DEADLINE_MS = 10_000
/** Words of the caller may come this long after the call; a session outlives its stream by no more. */
const WRAP_UP_MS = 1_500
/** How often the caller's voice may call back a goodbye. */
const MAX_REVOCATIONS = 2

/** Begins to end a call: the sentence is said after what is already queued, then the caller is hung up on. */
export function beginClosing(
  state: CallState,
  end: { ending: CallEnding; revocable: boolean; sentence?: FixedSentence; atMs: number },
): Step {
  if (state.phase !== 'live') return unchanged(state)
  const revocable = end.revocable && state.revocations < MAX_REVOCATIONS
  const closing: CallState = { ...state, phase: 'closing', closing: { ending: end.ending, revocable } }
  const timers: Effect[] = [
    { kind: 'setTimer', name: 'closing', delayMs: CLOSING_DEADLINE_MS },
    { kind: 'cancelTimer', name: 'hold' },
    { kind: 'cancelTimer', name: 'silentModel' },
    { kind: 'log', level: 'info', event: 'closing', fields: { reason: end.ending } },
  ]
  const turns = { ...closing.turns, replyDue: undefined }
  const said = end.sentence
    ? playClip({ ...closing, turns }, end.sentence, end.atMs)
    : unchanged({ ...closing, turns })
  return { state: said.state, effects: [...timers, ...said.effects] }
}

/**
 * Ends a call at once with a sentence that nothing interrupts: what is queued is dropped. Where nobody listens the
 * network is told to hang up, and a call that is ending already can no longer be called back.
 */
export function closeNow(
  state: CallState,
  end: { ending: CallEnding; sentence: FixedSentence; heard: readonly Heard[]; atMs: number },
): Step {
  switch (state.phase) {
    case 'live': {
      const cancels = state.turns.replies.map(
        ({ responseId }) => ({ kind: 'cancelReply', responseId }) as const,
      )
      const quiet = interrupt(state, end.heard)
      const closed = beginClosing(quiet.state, { ...end, revocable: false })
      return { state: closed.state, effects: [...quiet.effects, ...cancels, ...closed.effects] }
    }
    case 'closing':
      return unchanged({ ...state, closing: state.closing && { ...state.closing, revocable: false } })
    case 'ringing':
    case 'detached':
      return hangUpUntold(state, end.ending)
    case 'hangingUp':
    case 'wrapUp':
    case 'over':
      return unchanged(state)
  }
}

/** Hangs up without a word: nobody is there to hear one. */
export function hangUpUntold(state: CallState, ending: CallEnding): Step {
  return hangUp({ ...state, phase: 'closing', closing: { ending, revocable: false } })
}

/** The model is gone or silent: the caller is told after what is already on its way, then hung up on. */
export function closeForLostModel(state: CallState, atMs: number): Step {
  return beginClosing(state, { ending: 'modelLost', revocable: false, sentence: 'apology', atMs })
}

/** The caller speaks during our goodbye: the call goes on, as a person would. */
export function revokeClosing(state: CallState): Step {
  if (state.phase !== 'closing' || !state.closing?.revocable) return unchanged(state)
  return {
    state: { ...state, phase: 'live', closing: undefined, revocations: state.revocations + 1 },
    effects: [{ kind: 'cancelTimer', name: 'closing' }],
  }
}

/** Orders the hang-up once the last word was heard, or its time is over. */
export function hangUp(state: CallState): Step {
  if (state.phase !== 'closing') return unchanged(state)
  return {
    state: { ...state, phase: 'hangingUp' },
    effects: [
      { kind: 'cancelTimer', name: 'closing' },
      { kind: 'setTimer', name: 'hangUp', delayMs: HANG_UP_DEADLINE_MS },
      { kind: 'hangUp' },
    ],
  }
}

/** True when a closing call has nothing left to say. A response that has not sounded by now is not waited for. */
export function isClosed(state: CallState): boolean {
  return state.phase === 'closing' && !isSounding(state)
}

/** The stream is over and the call with it; late words of the caller are waited for, briefly. */
export function wrapUp(state: CallState, ending: CallEnding, heard: readonly Heard[]): Step {
  if (state.phase === 'wrapUp' || state.phase === 'over') return unchanged(state)
  const ended: CallState = {
    ...state,
    phase: 'wrapUp',
    closing: { ending: state.closing?.ending ?? ending, revocable: false },
    sounding: { ...state.sounding, clips: [], replyItemIds: [], owed: [] },
  }
  const settled = settleCut(ended, heard)
  return {
    state: settled.state,
    effects: [
      ...settled.effects,
      { kind: 'closeStream', code: 1000, reason: 'done' },
      { kind: 'setTimer', name: 'detachedSession', delayMs: WRAP_UP_MS },
    ],
  }
}

/** Completes the record when no more words can come. */
export function finishIfComplete(state: CallState): Step {
  if (state.phase !== 'wrapUp') return unchanged(state)
  if (state.session === 'ready' && awaitsCallerText(state.transcript)) return unchanged(state)
  return finish(state)
}

/** Completes the record. */
export function finish(state: CallState): Step {
  if (state.phase === 'over') return unchanged(state)
  return {
    state: { ...state, phase: 'over', session: 'closed' },
    effects: [
      { kind: 'closeSession', reason: 'call over' },
      { kind: 'finish', ending: state.closing?.ending ?? 'failed' },
    ],
  }
}

/** The network answered the hang-up, or did not in time: the socket goes, and the record is completed. */
export function onHangUpDone(state: CallState, event: Extract<CallEvent, { kind: 'hangUpDone' }>): Step {
  const log: Effect[] = event.ok
    ? []
    : [{ kind: 'log', level: 'error', event: 'hangUpFailed', fields: { code: event.code ?? 'unknown' } }]
  return chain(
    state,
    (now) => ({ state: now, effects: log }),
    (now) => wrapUp(now, 'agentHungUp', event.heard),
  )
}
