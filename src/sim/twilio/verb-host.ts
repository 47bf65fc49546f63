import type { WireDelays } from '../memory/memory-wire.ts'
import type { Random } from '../caller/random.ts'
import type { CallWorld } from './call-world.ts'
import type { Line } from './line.ts'
import type { MediaStream } from './media-stream.ts'
import type { Fields } from './signature.ts'
import type { Action, HttpMethod } from './twiml.ts'
import type { WebhookRequest } from './webhook.ts'

/** States of a call, as Twilio names them. */
export type CallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled'

/** Who or what ended a call. */
export type EndedBy =
  /** The scripted person, or the test in their place. */
  | 'caller'
  /** The caller's script failed, for the reason in `errors`. */
  | 'script'
  | 'vanished'
  /** `<Hangup>`, or the last verb was done. */
  | 'twiml'
  | 'rejected'
  | 'rest'
  /** No usable document came, and no fallback. */
  | 'webhookFailed'
  /** The callee: busy, no answer, failed. */
  | 'callee'
  | 'timeLimit'
  /** The fake was closed. */
  | 'shutdown'

/** Words or sounds that stand for themselves as a tone in what the caller heard. */
export type HeardText = {
  readonly kind: 'say' | 'play' | 'digits' | 'error'
  readonly text: string
  readonly atMs: number
}

/** Where the next document comes from. */
export type DocumentSource =
  | { readonly kind: 'url'; readonly url: string; readonly method: HttpMethod; readonly fields: Fields }
  | { readonly kind: 'inline'; readonly twiml: string }

/** What a verb led to. */
export type VerbOutcome =
  | { readonly kind: 'next' }
  | { readonly kind: 'document'; readonly source: DocumentSource }
  | { readonly kind: 'end'; readonly endedBy: EndedBy; readonly status: CallStatus }
  | { readonly kind: 'failed'; readonly errorCode: number; readonly reason: string }

/** The call as its verbs see it. */
export type VerbHost = {
  readonly sid: string
  readonly from: string
  readonly to: string
  readonly world: CallWorld
  /** Of this call alone, so that calls side by side do not change each other's run. */
  readonly random: Random
  readonly line: Line
  /** How long messages of its media streams are under way, where there is no network that decides it. */
  readonly delays: WireDelays | undefined
  readonly fallback: Action | undefined
  /** Answers an incoming call; harmless afterwards. */
  answer(): void
  /** False once the caller has hung up or the call is over for another reason. */
  isLive(): boolean
  isAnswered(): boolean
  /** The fields of every voice webhook, then these. */
  fields(extra: Fields): Fields
  heard(kind: HeardText['kind'], text: string): void
  trouble(errorCode: number, message: string): void
  addStream(stream: MediaStream): void
  /** Sends a callback whose answer does not matter, behind those before it. */
  notify(request: Omit<WebhookRequest, 'callSid'>): void
}

/** How a verb runs: until its signal fires, on behalf of a document. */
export type VerbRun = {
  readonly host: VerbHost
  readonly signal: AbortSignal
  /** Where the document came from; none for a document given in a REST request. */
  readonly documentUrl: string | undefined
}

/** Makes a URL of a document absolute; undefined when it cannot be. An absolute one stays as it was written. */
export function resolveUrl(url: string, documentUrl: string | undefined): string | undefined {
  if (/^https?:\/\//i.test(url)) return URL.canParse(url) ? url : undefined
  return documentUrl === undefined ? undefined : URL.parse(url, documentUrl)?.href
}

/** Goes on with what an action answers. */
export function goTo(run: VerbRun, action: Action, fields: Fields): VerbOutcome {
  const url = resolveUrl(action.url, run.documentUrl)
  if (url === undefined) return { kind: 'failed', errorCode: 11_100, reason: 'Malformed URL in a verb' }
  return { kind: 'document', source: { kind: 'url', url, method: action.method, fields } }
}
