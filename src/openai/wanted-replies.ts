import type { ReplyRequest } from '../ports/speech.ts'

/** A reply that is wanted and was not asked for yet. */
export type Wanted = {
  readonly request: ReplyRequest
  readonly retried: boolean
  /** The provider's own reply to the caller's turn will say all that this one would. */
  readonly covered: boolean
}

/** Replies that are wanted: one for all that may be coalesced, and those that must be told from any other, in order. */
export type WantedReplies = {
  readonly wanted: Wanted | undefined
  readonly apart: readonly Wanted[]
}

/** Wanted replies that are told apart; one more is given up at once. */
const maxApart = 8

/** Nothing is wanted. */
export const noneWanted: WantedReplies = { wanted: undefined, apart: [] }

/** With one more; undefined when it finds no room. */
export function withWanted(replies: WantedReplies, request: ReplyRequest): WantedReplies | undefined {
  const { wanted, apart } = replies
  if (request.id === undefined) return { wanted: coalesced(wanted?.request, request), apart }
  if (apart.length >= maxApart) return undefined
  return { wanted, apart: [...apart, { request, retried: false, covered: false }] }
}

/** With a refused one once more, ahead of what was wanted meanwhile. */
export function withRetry({ wanted, apart }: WantedReplies, request: ReplyRequest): WantedReplies {
  const again = { request, retried: true, covered: false }
  if (request.id !== undefined) return { wanted, apart: [again, ...apart] }
  // Something wanted meanwhile is a wish of its own and keeps its own second try.
  return { wanted: wanted ? coalesced(request, wanted.request) : again, apart }
}

/** The one whose turn it is. */
export function nextWanted({ wanted, apart }: WantedReplies): Wanted | undefined {
  return wanted ?? apart[0]
}

/** Without the one whose turn it was. */
export function withoutNext({ wanted, apart }: WantedReplies): WantedReplies {
  return wanted ? { wanted: undefined, apart } : { wanted, apart: apart.slice(1) }
}

/** Whether a reply is wanted for nothing in particular. */
export function isPlain({ purpose, instructions }: ReplyRequest): boolean {
  return purpose === undefined && instructions === undefined
}

/** A reply with a purpose is not displaced by a plain one; otherwise the newer word counts. */
function coalesced(older: ReplyRequest | undefined, newer: ReplyRequest): Wanted {
  const request = older && isPlain(newer) && !isPlain(older) ? older : newer
  return { request, retried: false, covered: false }
}
