import type { Effect } from './effect.ts'
import type { CallEvent, Heard, Saying } from './event.ts'
import { interrupt, isUninterruptible } from './sounding.ts'
import { type CallState, type Floor, isSounding, type Step, unchanged, withFloor } from './state.ts'
import { due, oweResumption } from './waiting.ts'

type Of<Kind extends CallEvent['kind']> = Extract<CallEvent, { kind: Kind }>

/** Sentences of ours that wait to be spoken; a question is never the one too many. */
const MAX_DUE = 8
/** A question waits no longer than this for the end of what the model says: it has to be spoken whole within 20 s. */
const PRESSING_MS = 8_000

/** Words of ours are to be spoken exactly so. The same ones are not said twice in a row. */
export function onSayingWanted(state: CallState, { saying }: Of<'sayingWanted'>): Step {
  const { floor } = state
  const waiting = floor.saying === undefined ? floor.due : [floor.saying, ...floor.due]
  if (waiting.some(({ id, text }) => id === saying.id || (text === saying.text && !isQuestion(saying))))
    return unchanged(state)
  if (floor.due.length >= MAX_DUE && !isQuestion(saying)) return unchanged(state)
  return unchanged(withFloor(state, { due: [...floor.due, saying] }))
}

/** They are not to be heard any further: what was sent of them is cleared, what still comes of them is dropped. */
export function onSayingStopped(state: CallState, { id, heard }: Of<'sayingStopped'>): Step {
  const { floor, turns } = state
  const { saying } = floor
  const waiting = withFloor(state, { due: floor.due.filter((one) => one.id !== id) })
  if (saying?.id !== id) return unchanged(waiting)
  const silent = withFloor(waiting, { saying: undefined })
  const { responseId } = saying
  // A response that has not begun is known by its id when it does.
  if (responseId === undefined) return unchanged(silent)
  const isRunning = turns.replies.some((reply) => reply.responseId === responseId)
  const quiet = interrupt(silent, heard)
  const cancel = isRunning ? [{ kind: 'cancelReply', responseId } as const] : []
  return { state: quiet.state, effects: [...quiet.effects, ...cancel] }
}

/** The confirmations have come to stand otherwise. */
export function onConfirmationsMoved(state: CallState, { standing }: Of<'confirmationsMoved'>): Step {
  return unchanged(withFloor(state, { standing }))
}

/** What became of tool calls that had to wait: the model is told, and speaks of it once. */
export function onOutcomes(state: CallState, { outcomes }: Of<'outcomes'>): Step {
  const told = { kind: 'tellModel', outcomes } as const
  const asked = wantReply(state)
  return { state: asked.state, effects: [told, ...asked.effects] }
}

/**
 * Asks for one reply to what the model was told. While a question is open, or anything of ours waits to be said, the
 * model is not to talk over it: the reply is asked for afterwards.
 */
export function wantReply(state: CallState, waiting = false): Step {
  const { floor, phase, session } = state
  if (phase !== 'live') return waiting ? unchanged(state) : due(state)
  if (isFloorTaken(floor)) return unchanged(withFloor(state, { isReplyHeld: true }))
  // Nobody is there to be asked: the next session is, when it is ready.
  if (session === 'closed') return due(oweResumption(state))
  const step = waiting ? unchanged(state) : due(state)
  return {
    state: withFloor(step.state, { isReplyComing: true }),
    effects: [{ kind: 'requestReply', purpose: 'toolResult' }, ...step.effects],
  }
}

/** A response begins. @returns whether it is a sentence of ours that nobody wants any more */
export function sayingStarts(
  state: CallState,
  { responseId, id }: Of<'responseStarted'>,
): { readonly state: CallState; readonly isUnwanted: boolean } {
  const { saying } = state.floor
  const came = withFloor(state, { isReplyComing: false })
  if (id === undefined) return { state: came, isUnwanted: false }
  if (saying?.id !== id) return { state: came, isUnwanted: true }
  return { state: withFloor(came, { saying: { ...saying, responseId } }), isUnwanted: false }
}

/** Something was refused: a reply that was asked for does not come, or a sentence of ours. */
export function onEventRefused(state: CallState, { id }: Of<'eventRefused'>): Step {
  if (id === undefined) return unchanged(withFloor(state, { isReplyComing: false }))
  return unchanged(state.floor.saying?.id === id ? withFloor(state, { saying: undefined }) : state)
}

/** The session is gone, and with it what it was asked to say. Questions are put anew by whoever wants them. */
export function withoutFloor(state: CallState): CallState {
  const { due: waiting } = state.floor
  return withFloor(state, {
    due: waiting.filter((one) => !isQuestion(one)),
    saying: undefined,
    isReplyComing: false,
  })
}

/** Says the next sentence of ours once nobody speaks, nothing is due to be said, and no question waits for its answer. */
export function sayNext(state: CallState): Step {
  const over = withoutSaid(state)
  const { due: waiting, saying, standing } = over.floor
  const next = waiting.find((one) => isQuestion(one) || !standing.isAsking)
  // A tool call that is about to be answered is answered first.
  const isAnswering = over.turns.toolsRunning > 0 && over.floor.filler !== 'said'
  if (saying || !next || isAnswering || !isQuiet(over)) return unchanged(over)
  const asked = due(withFloor(over, { saying: next, due: waiting.filter((one) => one !== next) }))
  const { id, purpose, text } = next
  return { state: asked.state, effects: [{ kind: 'say', id, purpose, text }, ...asked.effects] }
}

/** Sets the time after which a question that waits for the model to be quiet does not wait any longer. */
export function watchQuestion(state: CallState): Step {
  const { due: waiting, isPressing } = state.floor
  const isWaiting = state.phase === 'live' && waiting.some(isQuestion)
  if (isWaiting === isPressing) return unchanged(state)
  const timer: Effect = isWaiting
    ? { kind: 'setTimer', name: 'question', delayMs: PRESSING_MS }
    : { kind: 'cancelTimer', name: 'question' }
  return { state: withFloor(state, { isPressing: isWaiting }), effects: [timer] }
}

/** The model talks on while the caller is to be asked: it is cut short, as a caller would do it. */
export function onQuestionPressing(state: CallState, heard: readonly Heard[]): Step {
  const { floor, phase, turns } = state
  if (!floor.isPressing || phase !== 'live') return unchanged(state)
  const waiting = withFloor(state, { isPressing: false, isReplyComing: false })
  // The caller's own words are never cut: the question is given its time anew.
  if (turns.callerSpeaking || turns.committing || isUninterruptible(state)) return unchanged(waiting)
  const cancels = turns.replies
    .filter((reply) => !reply.dropped)
    .map(({ responseId }) => ({ kind: 'cancelReply', responseId }) as const)
  const quiet = interrupt(waiting, heard)
  return { state: quiet.state, effects: [...quiet.effects, ...cancels] }
}

/** Asks for the reply that a question has held back. */
export function releaseReply(state: CallState): Step {
  const { floor, phase, session } = state
  const mayBeAsked = phase === 'live' && session === 'ready' && !isFloorTaken(floor)
  if (!floor.isReplyHeld || !mayBeAsked) return unchanged(state)
  return wantReply(withFloor(state, { isReplyHeld: false }))
}

/** A sentence is over when its response is, and nothing is heard of it any more. */
function withoutSaid(state: CallState): CallState {
  const { floor, turns } = state
  const responseId = floor.saying?.responseId
  if (responseId === undefined || isSounding(state)) return state
  const isRunning = turns.replies.some((reply) => reply.responseId === responseId)
  return isRunning ? state : withFloor(state, { saying: undefined })
}

/** Whether nobody speaks or is about to, and somebody listens. */
export function isQuiet(state: CallState): boolean {
  const { phase, session, turns, replyOwed, floor } = state
  const callerSpeaks = turns.callerSpeaking || turns.committing
  const modelSpeaks = floor.isReplyComing || turns.replies.some((reply) => !reply.dropped)
  const isOurs = phase === 'live' && session === 'ready' && replyOwed === undefined
  return isOurs && !callerSpeaks && !modelSpeaks && !isSounding(state)
}

/** What the server says goes before what the model would say. */
function isFloorTaken({ saying, due: waiting, standing }: Floor): boolean {
  return standing.isAsking || saying !== undefined || waiting.length > 0
}

function isQuestion({ purpose }: Pick<Saying, 'purpose'>): boolean {
  return purpose === 'question'
}
