import type { SpeechLoss } from '../ports/speech.ts'

/** What an `error` event means for the session. */
export type ErrorReaction =
  /** Expected in a race: nothing is wrong. */
  | { readonly kind: 'ignore' }
  /** We sent something wrong: it was not applied, the session goes on, a developer must look. */
  | { readonly kind: 'clientBug' }
  /** A response runs already: ask once more when it is done. */
  | { readonly kind: 'retryAfterDone' }
  /** The provider stumbled: a reply may be asked for once more, anything else is only reported. */
  | { readonly kind: 'retryOnce' }
  /** Unknown to this table: the call is told, the session goes on. */
  | { readonly kind: 'report' }
  /** No use going on with this session; retryable is false for what a new one cannot mend. */
  | { readonly kind: 'fatal'; readonly retryable: boolean }
  /** This session is over, a new one will do. */
  | { readonly kind: 'reconnect' }

const clientBug = { kind: 'clientBug' } as const
const ignore = { kind: 'ignore' } as const
const fatal = { kind: 'fatal', retryable: false } as const

/** Source: error codes of the Realtime GA reference and of recorded streams, November 2026. */
const reactions: Readonly<Record<string, ErrorReaction>> = {
  conversation_already_has_active_response: { kind: 'retryAfterDone' },
  response_cancel_not_active: ignore,
  cannot_update_voice: ignore,
  unsupported_content_type: ignore,
  item_retrieve_invalid_item_id: ignore,
  item_truncate_invalid_item_id: ignore,
  item_delete_invalid_item_id: ignore,
  input_audio_buffer_commit_empty: clientBug,
  unknown_parameter: clientBug,
  missing_required_parameter: clientBug,
  invalid_value: clientBug,
  invalid_type: clientBug,
  integer_below_min_value: clientBug,
  integer_above_max_value: clientBug,
  string_above_max_length: clientBug,
  invalid_event: clientBug,
  session_expired: { kind: 'reconnect' },
  beta_api_shape_disabled: fatal,
  insufficient_quota: fatal,
  billing_hard_limit_reached: fatal,
  account_deactivated: fatal,
  invalid_api_key: fatal,
  model_not_found: fatal,
}

/** An `error` event, as far as it matters. */
export type ProviderError = {
  readonly type: string
  readonly code: string
  /** Id of the event of ours that was refused; undefined when the provider names none. */
  readonly eventId?: string
}

/**
 * The reaction to an `error` event. Truncating or deleting an item that is no longer there is part of every
 * interruption, so a refusal of those two is ignored whatever its code, unless it is fatal.
 */
export function reactionTo(error: ProviderError): ErrorReaction {
  const listed = Object.hasOwn(reactions, error.code) ? reactions[error.code] : undefined
  if (listed?.kind === 'fatal' || listed?.kind === 'reconnect') return listed
  if (/^(truncate|delete)_/.test(error.eventId ?? '')) return ignore
  if (listed) return listed
  if (error.type === 'server_error') return { kind: 'retryOnce' }
  return { kind: 'report' }
}

/** A code as a metric label: itself when the table knows it, so that the labels stay a closed set. */
export function codeLabel(code: string): string {
  return Object.hasOwn(reactions, code) ? code : 'unlisted'
}

/**
 * A provider's code, fit for logs: words of lower-case letters. Anything else could carry text of strangers or
 * part of a key and becomes `unrecognised`.
 */
export function safeCode(code: unknown): string {
  return typeof code === 'string' && code.length <= 64 && /^[a-z]+(_[a-z]+)*$/.test(code)
    ? code
    : 'unrecognised'
}

/** Whether a failed response is worth a second try: not when the account, the key or the model is the cause. */
export function responseRetryable(code: string, type: string): boolean {
  return ![code, type].some((name) => Object.hasOwn(reactions, name) && reactions[name]?.kind === 'fatal')
}

/** How a socket came to its end. */
export type SocketEnd =
  /** The handshake was answered with an HTTP status other than 101. */
  | { readonly kind: 'refused'; readonly status: number; readonly code?: string }
  /** No connection came about: address, network, TLS. */
  | { readonly kind: 'unreachable'; readonly code: string }
  | { readonly kind: 'handshakeTimeout' }
  | { readonly kind: 'unresponsive' }
  /** A frame that the protocol or our limits do not allow. */
  | { readonly kind: 'protocol'; readonly code: string }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }

/** What the end of a socket means for the call. */
export function lossOf(end: SocketEnd): SpeechLoss {
  switch (end.kind) {
    case 'refused':
      return refusal(end.status, end.code)
    case 'unreachable':
      return { reason: 'refused', code: end.code, retryable: !/CERT|SSL|TLS/.test(end.code) }
    case 'handshakeTimeout':
      return { reason: 'handshakeTimeout', retryable: true }
    case 'unresponsive':
      return { reason: 'unresponsive', retryable: true }
    case 'protocol':
      return { reason: 'closed', code: end.code, retryable: true }
    case 'closed':
      return closure(end.code, end.reason)
  }
}

/** 401 and 403: the key. 404: the model. 429 may be the rate, or a quota that no retry brings back. */
function refusal(status: number, code: string | undefined): SpeechLoss {
  const fatalCode = code !== undefined && !responseRetryable(code, code)
  const retryable = !fatalCode && (status === 408 || status === 429 || status >= 500)
  const known = code !== undefined && codeLabel(code) === code
  return { reason: 'refused', code: known ? code : `http_${status}`, retryable }
}

/** 1001 is the end of the hour; 4000 follows a fatal error and names it as `<type>.<code>`. */
function closure(code: number, reason: string): SpeechLoss {
  if (code === 1001) return { reason: 'expired', code: 'close_1001', retryable: true }
  if (code !== 4000) return { reason: 'closed', code: `close_${code}`, retryable: true }
  const [type = '', named = ''] = reason.split('.')
  const reaction = reactionTo({ type: safeCode(type), code: safeCode(named) })
  if (reaction.kind === 'reconnect') return { reason: 'expired', code: safeCode(named), retryable: true }
  return { reason: 'fatalError', code: safeCode(named), retryable: type === 'server_error' }
}
