import { API_VERSION, rfc2822 } from './call-world.ts'
import { messageSegments } from './message-segments.ts'
import type { FakeMessage, Messages } from './messages.ts'
import type { NumberRules } from './number-rules.ts'
import { messageRefusal } from './number-rules.ts'
import { pageOf, passesDates } from './rest-page.ts'
import type { RestAnswer, RestRequest } from './rest-server.ts'
import { refuse } from './rest-server.ts'
import type { Action } from './twiml.ts'

/** What the Messages resource works on. */
export type MessagesOptions = {
  readonly accountSid: string
  readonly rules: NumberRules
  readonly messages: Messages
  /** Starts the journey of a message that was accepted. */
  readonly carry: (message: FakeMessage, statusCallback: Action | undefined) => void
}

/** Answers `/Messages` and `/Messages/{sid}`. */
export function messagesResource(options: MessagesOptions, request: RestRequest): RestAnswer {
  const [, sid, below] = request.path
  if (below !== undefined) return refuse(20404)
  if (sid === undefined) {
    if (request.method === 'POST') return createMessage(options, request.form)
    return request.method === 'GET' ? listMessages(options, request) : refuse(20004)
  }
  const message = options.messages.bySid.get(sid)
  if (!message) return refuse(20404)
  if (request.method === 'DELETE') {
    options.messages.bySid.delete(sid)
    return { kind: 'empty' }
  }
  return request.method === 'GET' ? json(200, options, message) : refuse(20004)
}

function createMessage(options: MessagesOptions, form: URLSearchParams): RestAnswer {
  // The account has no messaging service, so none can be named.
  if (form.get('MessagingServiceSid')) return refuse(21701)
  const [to, from, body] = ['To', 'From', 'Body'].map((name) => form.get(name) ?? undefined)
  const refused = messageRefusal(options.rules, { to, from, body }, options.messages.optedOut)
  if (refused !== undefined || !to || !from || !body) return refuse(refused ?? 21604)
  const callback = form.get('StatusCallback')
  if (callback && !(/^https?:\/\//i.test(callback) && URL.canParse(callback))) return refuse(21205)
  const message = options.messages.create({ to, from, body, direction: 'outbound-api' })
  const answer = json(201, options, message)
  options.carry(message, callback ? { url: callback, method: 'POST' } : undefined)
  return answer
}

function listMessages(options: MessagesOptions, request: RestRequest): RestAnswer {
  const { query } = request
  const matches = (name: string, value: string): boolean => !query.get(name) || query.get(name) === value
  const entries = [...options.messages.bySid.values()]
    .filter((message) => matches('To', message.to) && matches('From', message.from))
    .filter((message) => passesDates(query, 'DateSent', message.sentWallMs ?? message.createdWallMs))
    .toReversed()
    .map((message) => messageResource(options.accountSid, message))
  const path = `/${API_VERSION}/Accounts/${options.accountSid}/Messages.json`
  return pageOf(request, { name: 'messages', path, entries })
}

function json(status: number, options: MessagesOptions, message: FakeMessage): RestAnswer {
  return { kind: 'json', status, body: messageResource(options.accountSid, message) }
}

function messageResource(accountSid: string, message: FakeMessage): Readonly<Record<string, unknown>> {
  const uri = `/${API_VERSION}/Accounts/${accountSid}/Messages/${message.sid}`
  return {
    body: message.body,
    num_segments: `${messageSegments(message.body)}`,
    direction: message.direction,
    from: message.from,
    to: message.to,
    date_updated: rfc2822(message.sentWallMs ?? message.createdWallMs),
    price: null,
    error_message: message.errorCode === undefined ? null : `Error ${message.errorCode}`,
    uri: `${uri}.json`,
    account_sid: accountSid,
    num_media: '0',
    status: message.status,
    messaging_service_sid: null,
    sid: message.sid,
    date_sent: message.sentWallMs === undefined ? null : rfc2822(message.sentWallMs),
    date_created: rfc2822(message.createdWallMs),
    error_code: message.errorCode ?? null,
    price_unit: 'USD',
    api_version: API_VERSION,
    subresource_uris: { media: `${uri}/Media.json` },
  }
}
