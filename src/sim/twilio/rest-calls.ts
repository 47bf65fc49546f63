import { API_VERSION, rfc2822 } from './call-world.ts'
import type { StatusEvent } from './call-summary.ts'
import type { FakeCall } from './fake-call.ts'
import type { NumberRules } from './number-rules.ts'
import { callRefusal } from './number-rules.ts'
import { pageOf, passesDates } from './rest-page.ts'
import type { RestAnswer, RestRequest } from './rest-server.ts'
import { refuse } from './rest-server.ts'
import type { Action, HttpMethod } from './twiml.ts'
import type { DocumentSource } from './verb-host.ts'

const MOST_TWIML_CHARACTERS = 4_000
const STATUS_EVENTS: readonly StatusEvent[] = ['initiated', 'ringing', 'answered', 'completed']

/** An outbound call as it was asked for. */
export type CallRequest = {
  readonly from: string
  readonly to: string
  readonly source: DocumentSource
  readonly fallback: Action | undefined
  readonly statusCallback: Action | undefined
  readonly statusEvents: ReadonlySet<StatusEvent>
  readonly timeoutS: number
  readonly timeLimitS: number | undefined
  readonly amd: { readonly callback: Action | undefined } | undefined
}

/** What the Calls resource works on. */
export type CallsOptions = {
  readonly accountSid: string
  readonly rules: NumberRules
  readonly calls: ReadonlyMap<string, FakeCall>
  /** Puts a call into the queue of calls to be dialled; undefined when too many are live. */
  readonly enqueue: (request: CallRequest) => FakeCall | undefined
}

/** Answers `/Calls` and `/Calls/{sid}`. */
export function callsResource(options: CallsOptions, request: RestRequest): RestAnswer {
  const [, sid, below] = request.path
  if (below !== undefined) return refuse(20404)
  if (sid === undefined) {
    if (request.method === 'POST') return createCall(options, request.form)
    return request.method === 'GET' ? listCalls(options, request) : refuse(20004)
  }
  const call = options.calls.get(sid)
  if (!call) return refuse(20404)
  if (request.method === 'POST') return updateCall(options, call, request.form)
  return request.method === 'GET' ? json(200, options, call) : refuse(20004)
}

function createCall(options: CallsOptions, form: URLSearchParams): RestAnswer {
  const [to, from] = [form.get('To') ?? undefined, form.get('From') ?? undefined]
  const refused = callRefusal(options.rules, to, from)
  if (refused !== undefined || !to || !from) return refuse(refused ?? 21201)
  const source = sourceOf(form)
  if (typeof source === 'number') return refuse(source)
  const [fallback, statusCallback, amdCallback] = [
    'Fallback',
    'StatusCallback',
    'AsyncAmdStatusCallback',
  ].map((name) => actionOf(form, name))
  if (fallback === 'invalid' || statusCallback === 'invalid' || amdCallback === 'invalid')
    return refuse(21205)
  const wanted = form.getAll('StatusCallbackEvent').flatMap((each) => each.split(/\s+/))
  const events = STATUS_EVENTS.filter((event) => wanted.includes(event))
  const call = options.enqueue({
    to,
    from,
    source,
    fallback,
    statusCallback,
    statusEvents: new Set(events.length > 0 ? events : ['completed']),
    timeoutS: Math.min(600, numberOf(form, 'Timeout') ?? 60),
    timeLimitS: numberOf(form, 'TimeLimit'),
    amd: form.get('MachineDetection')
      ? { callback: form.get('AsyncAmd') === 'true' ? amdCallback : undefined }
      : undefined,
  })
  return call ? json(201, options, call) : refuse(10004)
}

function updateCall(options: CallsOptions, call: FakeCall, form: URLSearchParams): RestAnswer {
  if (!call.isLive()) return refuse(21220)
  const waiting = !call.isAnswered()
  const status = form.get('Status')
  if (status === 'canceled' || status === 'completed') {
    if (status === 'canceled' && !waiting) return refuse(21220)
    call.end('rest', waiting ? 'canceled' : 'completed')
    return json(200, options, call)
  }
  if (status !== null) return refuse(20001)
  const timeLimitS = numberOf(form, 'TimeLimit')
  if (timeLimitS !== undefined) call.limitTo(timeLimitS)
  if (form.has('Twiml') || form.has('Url')) {
    const source = sourceOf(form)
    if (typeof source === 'number') return refuse(source)
    if (waiting) return refuse(21220)
    call.run(source)
  } else if (timeLimitS === undefined) return refuse(20001)
  return json(200, options, call)
}

function listCalls(options: CallsOptions, request: RestRequest): RestAnswer {
  const { query } = request
  const matches = (name: string, value: string): boolean => !query.get(name) || query.get(name) === value
  const entries = [...options.calls.values()]
    .filter(
      (call) =>
        matches('To', call.to) && matches('From', call.from) && matches('Status', resourceStatus(call)),
    )
    .filter((call) => passesDates(query, 'StartTime', call.answeredWallMs ?? call.createdWallMs))
    .toReversed()
    .map((call) => callResource(options.accountSid, call))
  return pageOf(request, {
    name: 'calls',
    path: `/${API_VERSION}/Accounts/${options.accountSid}/Calls.json`,
    entries,
  })
}

/** Where the call's first document comes from, or the code of what is wrong with it. */
function sourceOf(form: URLSearchParams): DocumentSource | number {
  const url = form.get('Url')
  const twiml = form.get('Twiml')
  if (form.get('ApplicationSid')) return 21218
  // With both, Twilio takes the URL.
  if (url) return isWebUrl(url) ? { kind: 'url', url, method: methodOf(form, 'Method'), fields: [] } : 21205
  if (!twiml) return 21205
  return twiml.length > MOST_TWIML_CHARACTERS ? 32018 : { kind: 'inline', twiml }
}

function actionOf(form: URLSearchParams, name: string): Action | 'invalid' | undefined {
  const url = form.get(name === 'Fallback' ? 'FallbackUrl' : name)
  if (!url) return undefined
  return isWebUrl(url) ? { url, method: methodOf(form, `${name}Method`) } : 'invalid'
}

/** Hosts with underscores are refused, as Twilio does. */
function isWebUrl(url: string): boolean {
  return /^https?:\/\/[^/?#_]+([/?#]|$)/i.test(url) && URL.canParse(url)
}

function methodOf(form: URLSearchParams, name: string): HttpMethod {
  return form.get(name)?.toUpperCase() === 'GET' ? 'GET' : 'POST'
}

function numberOf(form: URLSearchParams, name: string): number | undefined {
  const text = form.get(name) ?? ''
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined
}

function json(status: number, options: CallsOptions, call: FakeCall): RestAnswer {
  return { kind: 'json', status, body: callResource(options.accountSid, call) }
}

/** `initiated` is known to callbacks only. */
function resourceStatus(call: FakeCall): string {
  return call.status === 'initiated' ? 'queued' : call.status
}

function callResource(accountSid: string, call: FakeCall): Readonly<Record<string, unknown>> {
  const uri = `/${API_VERSION}/Accounts/${accountSid}/Calls/${call.sid}`
  const { answeredWallMs, endedWallMs } = call
  const durationMs = (endedWallMs ?? 0) - (answeredWallMs ?? endedWallMs ?? 0)
  return {
    sid: call.sid,
    date_created: date(call.createdWallMs),
    date_updated: date(endedWallMs ?? answeredWallMs ?? call.createdWallMs),
    parent_call_sid: null,
    account_sid: accountSid,
    to: call.to,
    to_formatted: call.to,
    from: call.from,
    from_formatted: call.from,
    phone_number_sid: null,
    status: resourceStatus(call),
    start_time: date(answeredWallMs),
    end_time: date(endedWallMs),
    duration: endedWallMs === undefined ? null : `${Math.ceil(durationMs / 1_000)}`,
    // Twilio bills minutes later, if at all while anybody looks.
    price: null,
    price_unit: 'USD',
    direction: call.direction,
    answered_by: call.answeredBy ?? null,
    api_version: API_VERSION,
    forwarded_from: null,
    group_sid: null,
    caller_name: null,
    queue_time: '0',
    trunk_sid: null,
    uri: `${uri}.json`,
    subresource_uris: Object.fromEntries(
      ['events', 'notifications', 'payments', 'recordings', 'siprec', 'streams', 'transcriptions'].map(
        (name) => [
          name,
          `${uri}/${name === 'siprec' ? 'Siprec' : name[0]?.toUpperCase() + name.slice(1)}.json`,
        ],
      ),
    ),
  }
}

function date(wallMs: number | undefined): string | null {
  return wallMs === undefined ? null : rfc2822(wallMs)
}
