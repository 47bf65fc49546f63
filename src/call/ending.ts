import type { FixedSentence } from '../ports/prompt-audio.ts'
import type { CallEnding } from '../ports/storage.ts'
import type { Effect } from './effect.ts'
import type { CallEvent, Heard } from './event.ts'
import { interrupt, playClip, settleCut } from './sounding.ts'
import { type CallState, chain, type Closing, isSounding, type Step, unchanged } from './state.ts'
import { awaitsCallerText } from './transcript.ts'

/** A last sentence takes no longer than this; then the call ends, heard or not. */
export const CLOSING_DEADLINE_MS = 20_000
/**
 * The network answers a hang-up within this, or the socket is closed without an answer: then it asks what comes next, and
 * the caller does not wait in silence.
 */
const HANG_UP_DEADLINE_MS = 2_500
/** Words of the caller may come this long after the call; a session outlives its stream by no more. */
const WRAP_UP_MS = 1_500
/** How often the caller's voice may call back a goodbye. */
const MAX_REVOCATIONS = 2

/** Begins to end a call: the sentence is said after what is already queued, then the caller is hung up on. */
export function beginClosing(
  state: CallState,
  end: {
    ending: CallEnding
    revocable: boolean
    sentence?: FixedSentence
    atMs: number
    last?: Closing['last']
  },
): Step {
  if (state.phase !== 'live') return unchanged(state)
  const revocable = end.revocable && state.revocations < MAX_REVOCATIONS
  const { ending, last = 'hangUp' } = end
  const closing: CallState = { ...state, phase: 'closing', closing: { ending, revocable, last } }
  const timers: Effect[] = [
    { kind: 'setTimer', name: 'closing', delayMs: CLOSING_DEADLINE_MS },
    { kind: 'cancelTimer', name: 'hold' },
    { kind: 'cancelTimer', name: 'silentModel' },
    { kind: 'cancelTimer', name: 'decision' },
    { kind: 'cancelTimer', name: 'redial' },
    { kind: 'log', level: 'info', event: 'closing', fields: { reason: ending } },
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
      return unchanged({
        ...state,
        closing: state.closing && { ...state.closing, revocable: false, last: 'hangUp' },
      })
    case 'ringing':
    case 'detached':
    case 'handedOver':
      return hangUpUntold(state, end.ending)
    case 'hangingUp':
    case 'wrapUp':
    case 'over':
      return unchanged(state)
  }
}

/** Hangs up without a word: nobody is there to hear one. */
export function hangUpUntold(state: CallState, ending: CallEnding): Step {
  const closing = { ending: state.closing?.ending ?? ending, revocable: false, last: 'hangUp' } as const
  return hangUp({ ...state, phase: 'closing', closing })
}

/**
 * The model is gone or silent and will not come back: the caller is told after what is already on its way. Then the
 * network takes over, or where there is nothing that it could do, the caller is hung up on.
 */
export function giveUpModel(state: CallState, atMs: number): Step {
  const end = { ending: 'modelLost', revocable: false, atMs } as const
  return state.rules.handsOver
    ? beginClosing(state, { ...end, sentence: 'handOver', last: 'handOver' })
    : beginClosing(state, { ...end, sentence: 'apology' })
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
  if (state.closing?.last === 'handOver') return handOver(state)
  return {
    state: { ...state, phase: 'hangingUp' },
    effects: [
      { kind: 'cancelTimer', name: 'closing' },
      { kind: 'setTimer', name: 'hangUp', delayMs: HANG_UP_DEADLINE_MS },
      { kind: 'hangUp' },
    ],
  }
}

/** The stream ends, and the network asks what comes next: that is answered where calls are answered. */
function handOver(state: CallState): Step {
  return {
    state: { ...state, phase: 'handedOver', session: 'closed' },
    effects: [
      { kind: 'cancelTimer', name: 'closing' },
      { kind: 'setTimer', name: 'handedOver', delayMs: state.rules.maxLengthMs },
      { kind: 'log', level: 'warn', event: 'handedOver' },
      { kind: 'endGate', reason: 'transferred' },
      { kind: 'closeSession', reason: 'handed over' },
      { kind: 'closeStream', code: 1000, reason: 'handed over' },
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
    closing: { ending: state.closing?.ending ?? ending, revocable: false, last: 'hangUp' },
    sounding: { ...state.sounding, clips: [], replyItemIds: [], owed: [] },
  }
  const settled = settleCut(ended, heard)
  return {
    state: settled.state,
    effects: [
      { kind: 'endGate', reason: 'hungUp' },
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

/** Ends the call at once: the network is told and not waited for, and the record is completed with what is known. */
export function cutOff(state: CallState, heard: readonly Heard[]): Step {
  const isOrdered = state.phase === 'hangingUp' || state.phase === 'wrapUp'
  const order: Effect[] = isOrdered ? [] : [{ kind: 'hangUp' }]
  return chain(
    state,
    (now) => ({ state: now, effects: order }),
    (now) => wrapUp(now, 'shutdown', heard),
    finish,
  )
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
