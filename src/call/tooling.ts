import { beginClosing } from './ending.ts'
import type { Effect } from './effect.ts'
import type { CallEvent } from './event.ts'
import { onSayingWanted, wantReply } from './floor.ts'
import { type CallState, chain, type Step, unchanged } from './state.ts'

type Of<Kind extends CallEvent['kind']> = Extract<CallEvent, { kind: Kind }>

/** Tool calls of one turn, at most; further ones are answered without being run. */
const MAX_TOOL_CALLS_PER_TURN = 8

type Answer = { readonly callId: string; readonly output: string; readonly waiting: boolean }

/** The model proposes a tool call. It is run once, however often it is announced. */
export function onToolRequested(state: CallState, event: Of<'toolRequested'>): Step {
  const { toolCalls } = state.turns
  if (toolCalls.includes(event.callId)) return unchanged(state)
  if (toolCalls.length >= MAX_TOOL_CALLS_PER_TURN || state.phase === 'wrapUp') {
    const output = JSON.stringify({ status: 'refused', reason: 'too many tool calls in one turn' })
    // The wait that runs is not made longer, so that a model which only calls tools is given up in time.
    return answer(state, { output, callId: event.callId, waiting: state.turns.replyDue === 'asked' })
  }
  const turns = {
    ...state.turns,
    toolCalls: [...toolCalls, event.callId],
    toolsRunning: state.turns.toolsRunning + 1,
  }
  const { callId, responseId, name } = event
  return {
    state: { ...state, turns },
    effects: [{ kind: 'runTool', callId, responseId, name, arguments: event.arguments }],
  }
}

/** A tool ended: the model is answered, and asked for one reply unless the call is to end. */
export function onToolFinished(state: CallState, event: Of<'toolFinished'>): Step {
  const turns = { ...state.turns, toolsRunning: Math.max(0, state.turns.toolsRunning - 1) }
  const answered = { kind: 'answerTool', callId: event.callId, output: event.outcome.output } as const
  if (event.outcome.next === 'endCall') {
    const closing = endCall({ ...state, turns }, event.atMs)
    return { state: closing.state, effects: [answered, ...closing.effects] }
  }
  if (event.outcome.status === 'waits') return onWaits({ ...state, turns }, { ...event, answered })
  return answer({ ...state, turns }, { ...answered, waiting: false })
}

/**
 * The caller is to be asked first, or for their PIN: the model is answered, and what it would say to that is the
 * question, which the server puts itself. Where none is put at once, the model goes on.
 */
function onWaits(
  state: CallState,
  { callId, outcome, answered, atMs }: Of<'toolFinished'> & { readonly answered: Effect },
): Step {
  const { say } = outcome
  const goesOn = state.floor.standing.isAsking ? unchanged : wantReply
  return chain(
    state,
    (now) => ({ state: now, effects: [answered] }),
    (now) => {
      if (say === undefined) return goesOn(now)
      const saying = { id: `say.${callId}`, purpose: 'announcement', text: say } as const
      return onSayingWanted(now, { kind: 'sayingWanted', saying, atMs })
    },
  )
}

/** Answers the model's tool call and asks for one reply, which is waited for from now on unless it is already. */
function answer(state: CallState, { callId, output, waiting }: Answer): Step {
  return chain(
    state,
    (now) => ({ state: now, effects: [{ kind: 'answerTool', callId, output }] }),
    (now) => wantReply(now, waiting),
  )
}

/** Ends the call after the model's own goodbye; when it said nothing, with ours. */
function endCall(state: CallState, atMs: number): Step {
  const spoke = state.sounding.replyItemIds.length > 0 || state.turns.replies.some((reply) => reply.sounded)
  return beginClosing(state, {
    ending: 'agentHungUp',
    revocable: true,
    atMs,
    ...(!spoke && { sentence: 'goodbye' }),
  })
}
