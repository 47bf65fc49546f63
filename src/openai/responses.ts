import type { ReplyRequest } from '../ports/speech.ts'
import { isHalfAnswered, released, unfinished, withAnswer, withCall } from './tool-rounds.ts'
import { isPlain, nextWanted, noneWanted, withoutNext, withRetry, withWanted } from './wanted-replies.ts'
import type { WantedReplies } from './wanted-replies.ts'
import type { RoundCall } from './tool-rounds.ts'

/** A `response.create` that was sent and not yet answered. */
type Sent = {
  readonly key: string
  readonly request: ReplyRequest
  readonly retried: boolean
  readonly cancelWanted: boolean
}
type Running = {
  readonly responseId: string
  /** `due`: it is cancelled if the provider does not end it by itself in a moment. */
  readonly cancel: 'none' | 'due' | 'sent'
}
/** Who speaks next on the default conversation: one response active, one wanted, the rest coalesced. */
export type ResponsesState = WantedReplies & {
  /** The provider replies to each turn by itself (`create_response`). */
  readonly repliesToTurns: boolean
  /** The provider cancels a running response when the caller speaks (`interrupt_response`). */
  readonly interrupts: boolean
  readonly ready: boolean
  readonly sent: Sent | undefined
  readonly running: Running | undefined
  /** A create was refused because of a response that we have not seen: wait for its end. */
  readonly awaitingDone: boolean
  /** `committed`: the caller's turn is over and the provider's reply to it is about to be created. */
  readonly turn: 'quiet' | 'speaking' | 'committed'
  readonly calls: readonly RoundCall[]
  /** Items we sent that the provider has not yet put into the conversation. */
  readonly unseenItems: readonly string[]
  readonly creates: number
  /** What is being waited for, and the number of the timer that bounds it. */
  readonly waitFor: string
  readonly waitToken: number
}

/** What the sequencer hears. Out-of-band responses are kept away from it. */
export type ResponsesEvent =
  | { readonly kind: 'ready' }
  | { readonly kind: 'wanted'; readonly request: ReplyRequest }
  | { readonly kind: 'created' | 'done'; readonly responseId: string; readonly replyKey?: string }
  /** The create with this key was refused; `retry` says when another try makes sense. */
  | {
      readonly kind: 'refused'
      readonly key: string
      readonly retry: 'afterDone' | 'now' | 'never'
      readonly code: string
    }
  | { readonly kind: 'cancelAsked'; readonly responseId: string }
  | { readonly kind: 'speechStarted' }
  | { readonly kind: 'turnCommitted' }
  | { readonly kind: 'toolCalled'; readonly responseId: string; readonly callId: string }
  | { readonly kind: 'toolAnswered'; readonly callId: string }
  | { readonly kind: 'itemSent' | 'itemSeen'; readonly itemId: string }
  | { readonly kind: 'waitOver'; readonly token: number }

/** What the sequencer wants done. */
export type ResponsesEffect =
  | { readonly kind: 'create'; readonly key: string; readonly request: ReplyRequest }
  | { readonly kind: 'cancel'; readonly responseId: string }
  /** A wanted reply will not come: refused twice, or never answered. */
  | { readonly kind: 'gaveUp'; readonly code: string; readonly id?: string }
  /** Send `waitOver` with this token after the delay; replaces the wait before. */
  | { readonly kind: 'wait'; readonly delayMs: number; readonly token: number }

/** Longest waits before the sequencer goes on by itself, in milliseconds. */
export const responseWaitsMs = {
  /** for an answer to `response.create`; without one the reply is given up */
  create: 5_000,
  /** for the end of a response that the provider interrupts by itself; a cancel that crosses with it is refused */
  cancel: 250,
  /** for the end of a response that refused ours and that we never saw */
  done: 1_000,
  /** for the end of the caller's turn */
  turn: 10_000,
  /** for the provider's own reply to a turn */
  reply: 1_000,
  /** for the remaining tool outputs of a response */
  tools: 30_000,
} as const

const maxUnseenItems = 64

type Step = { readonly state: ResponsesState; readonly effects: readonly ResponsesEffect[] }

/** The state of a session in which nothing was said yet. */
export function initialResponses(turns: { repliesToTurns: boolean; interrupts: boolean }): ResponsesState {
  return {
    ...turns,
    ...noneWanted,
    ready: false,
    sent: undefined,
    running: undefined,
    awaitingDone: false,
    turn: 'quiet',
    calls: [],
    unseenItems: [],
    creates: 0,
    waitFor: '',
    waitToken: 0,
  }
}

/**
 * One step of the response sequencer, pure. A wanted reply goes out only when no response is active, the caller's
 * turn is over, and no tool round is half answered; a reply with a purpose or instructions of its own does not
 * wait for tools. Source: Realtime GA, one response at a time writes to the default conversation.
 */
export function stepResponses(state: ResponsesState, event: ResponsesEvent): Step {
  const step = apply(state, event)
  return bound(create(step))
}

function apply(state: ResponsesState, event: ResponsesEvent): Step {
  switch (event.kind) {
    case 'ready':
      return only({ ...state, ready: true })
    case 'wanted':
      return onWanted(state, event.request)
    case 'created':
      return created(state, event)
    case 'done':
      return only(done(state, event))
    case 'refused':
      return refused(state, event)
    case 'cancelAsked':
      return cancelAsked(state, event.responseId)
    case 'speechStarted':
      return only({ ...state, turn: 'speaking', sent: state.sent && crossed(state, state.sent) })
    case 'turnCommitted':
      return only(turnCommitted(state))
    case 'toolCalled':
      return only({ ...state, calls: withCall(state.calls, event) })
    case 'toolAnswered':
      return only({ ...state, calls: withAnswer(state.calls, event.callId, state.running?.responseId) })
    case 'itemSent':
      return only({ ...state, unseenItems: [...state.unseenItems, event.itemId].slice(-maxUnseenItems) })
    case 'itemSeen':
      return only({ ...state, unseenItems: state.unseenItems.filter((itemId) => itemId !== event.itemId) })
    case 'waitOver':
      return waitOver(state, event.token)
  }
}

function onWanted(state: ResponsesState, request: ReplyRequest): Step {
  const replies = withWanted(state, request)
  return replies ? only({ ...state, ...replies }) : { state, effects: [gaveUp(request, 'too_many_wanted')] }
}

function gaveUp({ id }: ReplyRequest, code: string): ResponsesEffect {
  return { kind: 'gaveUp', code, ...(id !== undefined && { id }) }
}

function only(state: ResponsesState): Step {
  return { state, effects: [] }
}

type OfResponse = { readonly responseId: string; readonly replyKey?: string }

function created(state: ResponsesState, { responseId, replyKey }: OfResponse): Step {
  if (state.sent && replyKey === state.sent.key) {
    const running = { responseId, cancel: 'none' } as const
    const begun: ResponsesState = { ...state, sent: undefined, awaitingDone: false, running }
    return state.sent.cancelWanted ? cancelAsked(begun, responseId) : only(begun)
  }
  const isTurnReply = state.turn === 'committed'
  return only({
    ...state,
    running: { responseId, cancel: 'none' },
    awaitingDone: false,
    turn: isTurnReply ? 'quiet' : state.turn,
    wanted: isTurnReply && state.wanted?.covered ? undefined : state.wanted,
  })
}

function done(state: ResponsesState, { responseId, replyKey }: OfResponse): ResponsesState {
  // The create was answered even if `response.created` could not be read.
  const sent = state.sent && replyKey === state.sent.key ? undefined : state.sent
  if (state.running && state.running.responseId !== responseId) return { ...state, sent }
  const calls = unfinished(state.calls, undefined)
  return { ...state, sent, running: undefined, awaitingDone: false, calls }
}

type Refusal = Extract<ResponsesEvent, { kind: 'refused' }>

function refused(state: ResponsesState, { key, retry, code }: Refusal): Step {
  const { sent } = state
  if (sent?.key !== key) return only(state)
  const rest = { ...state, sent: undefined }
  const isApart = sent.request.id !== undefined
  if (sent.cancelWanted) return isApart ? { state: rest, effects: [gaveUp(sent.request, code)] } : only(rest)
  if (retry === 'never' || sent.retried) return { state: rest, effects: [gaveUp(sent.request, code)] }
  const awaitingDone = retry === 'afterDone' && !state.running
  return only({ ...rest, ...withRetry(state, sent.request), awaitingDone })
}

/**
 * A response that began while the caller speaks is usually ended by the provider in the same breath, and `response.done`
 * is on its way when we ask for a cancel, which would then be refused.
 */
function cancelAsked(state: ResponsesState, responseId: string): Step {
  if (state.running?.responseId !== responseId || state.running.cancel !== 'none') return only(state)
  const endsByItself = state.interrupts && state.turn === 'speaking' && !state.sent
  return endsByItself
    ? only({ ...state, running: { responseId, cancel: 'due' } })
    : cancelNow(state, responseId)
}

function cancelNow(state: ResponsesState, responseId: string): Step {
  return {
    state: { ...state, running: { responseId, cancel: 'sent' } },
    effects: [{ kind: 'cancel', responseId }],
  }
}

/**
 * A create that is still unanswered when the caller begins to speak has crossed with their words. Had it arrived
 * earlier, the provider would have cancelled its response; so it is cancelled as soon as its id is known.
 */
function crossed(state: ResponsesState, sent: Sent): Sent {
  return state.interrupts ? { ...sent, cancelWanted: true } : sent
}

/**
 * The provider is about to reply to the turn. A plain wish is covered by that reply when everything we sent was in
 * the conversation before the turn was. The conversation has moved on, so half answered rounds hold nothing back.
 */
function turnCommitted(state: ResponsesState): ResponsesState {
  const { wanted, repliesToTurns } = state
  const covered =
    repliesToTurns && wanted !== undefined && isPlain(wanted.request) && state.unseenItems.length === 0
  return {
    ...state,
    turn: repliesToTurns ? 'committed' : 'quiet',
    wanted: wanted && { ...wanted, covered },
    calls: released(state.calls),
  }
}

function waitOver(state: ResponsesState, token: number): Step {
  if (token !== state.waitToken) return only(state)
  if (state.sent) {
    return {
      state: { ...state, sent: undefined },
      effects: [gaveUp(state.sent.request, 'create_unanswered')],
    }
  }
  if (state.running?.cancel === 'due') return cancelNow(state, state.running.responseId)
  switch (obstacle(state)) {
    case 'done':
      return only({ ...state, awaitingDone: false })
    case 'turn':
    case 'reply':
      return only({ ...state, turn: 'quiet' })
    case 'tools':
      return only({ ...state, calls: released(state.calls) })
    case 'response':
    case undefined:
      return only(state)
  }
}

/** What keeps the wanted reply back, or undefined when it may go. */
function obstacle(state: ResponsesState): 'response' | 'done' | 'turn' | 'reply' | 'tools' | undefined {
  if (!state.ready || state.sent || state.running) return 'response'
  if (state.awaitingDone) return 'done'
  if (state.turn === 'speaking') return 'turn'
  if (state.turn === 'committed') return 'reply'
  const next = nextWanted(state)
  const isPlainWish = next !== undefined && isPlain(next.request)
  return isPlainWish && isHalfAnswered(state.calls) ? 'tools' : undefined
}

function create({ state, effects }: Step): Step {
  const next = nextWanted(state)
  if (!next || obstacle(state)) return { state, effects }
  const { request, retried } = next
  const key = `create_${state.creates + 1}`
  return {
    state: {
      ...state,
      ...withoutNext(state),
      creates: state.creates + 1,
      sent: { key, request, retried, cancelWanted: false },
    },
    effects: [...effects, { kind: 'create', key, request }],
  }
}

/** Gives every wait that depends on the provider or on tools a longest length. */
function bound({ state, effects }: Step): Step {
  const held = nextWanted(state) && obstacle(state)
  const cancelDue = state.running?.cancel === 'due'
  const wait = state.sent ? 'create' : cancelDue ? 'cancel' : held === 'response' ? undefined : held
  // A new create or response is a new wait, even right after the last one.
  const waitFor = state.sent ? state.sent.key : cancelDue ? state.running.responseId : (wait ?? '')
  if (waitFor === state.waitFor) return { state, effects }
  const token = state.waitToken + 1
  return {
    state: { ...state, waitFor, waitToken: token },
    effects: wait ? [...effects, { kind: 'wait', delayMs: responseWaitsMs[wait], token }] : effects,
  }
}
