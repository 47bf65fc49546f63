import type { RequestClient, Twilio } from 'twilio'
import { deadline } from '../lib/clock.ts'
import type { Clock } from '../lib/clock.ts'
import type { CallInquiry, CallStanding } from '../ports/call-inquiry.ts'
import type { Recordings } from '../ports/recordings.ts'
import type {
  Outbound,
  OutboundCall,
  OutboundText,
  TelephonyControl,
  TelephonyOutcome,
} from '../ports/telephony.ts'
import { nothingSentCodes, sentenceFor } from './error-table.ts'
import { TwilioError } from './twilio-error.ts'
import { callStatusNamed } from './webhook-fields.ts'

/** An order as it goes to Twilio. */
export type RestRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** A form, or empty. */
  readonly body: string
  /** Without an answer it is given up after this. */
  readonly timeoutMs: number
}

/** Sends an order and gives what came back, whatever its status; rejects when nothing did. */
export type SendRest = (request: RestRequest) => Promise<{ readonly status: number; readonly body: string }>

/** Which account orders are given to, and where. */
export type TwilioRestOptions = {
  readonly accountSid: string
  readonly authToken: string
  /** An origin, at most with a path prefix, instead of Twilio's own: for tests and rehearsal. */
  readonly apiBaseUrl?: string
  /** Where Twilio asks about calls that we place, and tells of them and of messages: an origin without a slash. */
  readonly publicUrl?: string | undefined
  /** For one order in all, retries after 429 included. */
  readonly timeoutMs?: number
  /** How orders are sent; by the SDK over the network when unset. */
  readonly send?: SendRest | undefined
  readonly clock: Clock
}

/** A telephone that we call rings so long. Source: Twilio's default is 60 s; voicemail answers after about 25. */
const RING_SECONDS = 40

/** Answers an order about what is not there. Source: Twilio's error dictionary, 20404 */
const NOT_FOUND_CODE = '20404'

/** Codes that answer a hang-up of a call that is over already. */
const alreadyOverCodes: ReadonlySet<string> = new Set(['21220', NOT_FOUND_CODE])

/** Answers a text to somebody who has replied STOP to our number. Source: Twilio's error dictionary, 21610 */
const OPTED_OUT_CODE = '21610'

/** Orders and questions about calls and what is left of them, given through Twilio's SDK. */
export class TwilioRest implements TelephonyControl, CallInquiry, Outbound, Recordings {
  readonly #options: TwilioRestOptions
  readonly #timeoutMs: number
  #client: Promise<Twilio> | undefined

  constructor(options: TwilioRestOptions) {
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 8_000
  }

  /** Loads the SDK, which holds the loop for a tenth of a second: at the start, and not in the middle of a call. */
  async prepare(): Promise<void> {
    this.#client ??= connect(this.#options, this.#timeoutMs)
    const client = await this.#client
    // All that belongs to an account is loaded when it is first asked for.
    void client.calls
  }

  async hangUp(callSid: string, signal?: AbortSignal): Promise<TelephonyOutcome> {
    const outcome = await this.#order(async (client) => {
      await client.calls(callSid).update({ status: 'completed' })
    }, signal)
    return !outcome.ok && alreadyOverCodes.has(outcome.code) ? { ok: true } : outcome
  }

  sendText(
    { from, to, body, ref }: Omit<OutboundText, 'ref'> & { readonly ref?: string },
    signal?: AbortSignal,
  ): Promise<TelephonyOutcome> {
    return this.#order((client) => {
      const told = ref === undefined ? {} : { statusCallback: this.#address('sms-status', ref) }
      return client.messages.create({ from, to, body, ...told })
    }, signal)
  }

  placeCall({ from, to, ref, maxSeconds }: OutboundCall, signal?: AbortSignal): Promise<TelephonyOutcome> {
    return this.#order(
      (client) =>
        client.calls.create({
          from,
          to,
          url: this.#address('voice', ref),
          statusCallback: this.#address('status', ref),
          statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
          timeout: RING_SECONDS,
          timeLimit: maxSeconds,
        }),
      signal,
    )
  }

  async standing(callSid: string, signal?: AbortSignal): Promise<CallStanding> {
    try {
      const { status, duration } = await this.#ask((client) => client.calls(callSid).fetch(), signal)
      const known = { kind: 'known', status: callStatusNamed(status) } as const
      // A text of whole seconds, null while the call lives.
      return /^[0-9]{1,9}$/.test(duration) ? { ...known, durationSeconds: Number(duration) } : known
    } catch (thrown) {
      const { code, sentence } = asTwilioError(thrown)
      return code === NOT_FOUND_CODE ? { kind: 'noSuchCall' } : { kind: 'failed', code, sentence }
    }
  }

  async deleteRecording(recordingSid: string, signal?: AbortSignal): Promise<TelephonyOutcome> {
    const outcome = await this.#order(async (client) => {
      await client.recordings(recordingSid).remove()
    }, signal)
    return !outcome.ok && outcome.code === NOT_FOUND_CODE ? { ok: true } : outcome
  }

  async #order(
    give: (client: Twilio) => Promise<{ readonly sid: string } | void>,
    signal: AbortSignal | undefined,
  ): Promise<TelephonyOutcome> {
    try {
      const made = await this.#ask(give, signal)
      return made ? { ok: true, sid: made.sid } : { ok: true }
    } catch (thrown) {
      const { code, sentence, ambiguous } = asTwilioError(thrown)
      return { ok: false, code, sentence, ambiguous, ...(code === OPTED_OUT_CODE && { isOptedOut: true }) }
    }
  }

  async #ask<T>(ask: (client: Twilio) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) throw failure('aborted', { ambiguous: false })
    this.#client ??= connect(this.#options, this.#timeoutMs)
    const client = await this.#client
    // The SDK may have taken its time to load: nothing was sent yet.
    if (signal?.aborted) throw failure('aborted', { ambiguous: false })
    return await this.#inTime(ask(client), signal)
  }

  /** A callback of ours that names an effect. */
  #address(route: string, ref: string): string {
    const { publicUrl } = this.#options
    if (publicUrl === undefined) throw failure('noPublicUrl', { ambiguous: false })
    return `${publicUrl}/twilio/${route}?ref=${encodeURIComponent(ref)}`
  }

  /** The SDK knows no signal: when the wait ends the request may still arrive, so the outcome is not known. */
  async #inTime<T>(request: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    using limit = deadline({
      clock: this.#options.clock,
      delayMs: this.#timeoutMs,
      ...(signal ? { signal } : {}),
      reason: 'Twilio did not answer in time',
    })
    const ended = new Promise<never>((_resolve, reject) => {
      limit.signal.addEventListener(
        'abort',
        () => reject(failure(signal?.aborted ? 'aborted' : 'timeout', { ambiguous: true })),
        { once: true },
      )
    })
    return await Promise.race([request, ended])
  }
}

/**
 * Our own error for whatever the SDK threw: code and status are copied, texts, headers and bodies are not.
 *
 * The order was certainly not carried out when Twilio said so (4xx) or when nothing can have been sent. A 5xx, a
 * timeout and a reset after sending leave it open.
 */
export function asTwilioError(thrown: unknown): TwilioError {
  if (thrown instanceof TwilioError) return thrown
  const status = numberIn(thrown, 'status')
  const code = codeOf(thrown)
  if (status !== undefined) {
    const shown = code ?? String(status)
    return new TwilioError({
      code: shown,
      status,
      sentence:
        sentenceFor(shown) ??
        (status >= 500
          ? `Twilio failed with HTTP status ${status}`
          : `Twilio refused the request with HTTP status ${status}`),
      ambiguous: status < 400 || status >= 500,
    })
  }
  if (code !== undefined) return failure(code, { ambiguous: !nothingSentCodes.has(code) })
  return failure('failed', { ambiguous: true })
}

function failure(code: string, { ambiguous }: { readonly ambiguous: boolean }): TwilioError {
  const sentence = sentenceFor(code) ?? 'The request to Twilio failed before an answer could be read'
  return new TwilioError({ code, sentence, ambiguous })
}

/** A number of Twilio's, or a code of the network; anything else may be text of a stranger. */
function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  const { code } = thrown
  if (typeof code === 'number' && Number.isInteger(code) && code > 0) return String(code)
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : undefined
}

function numberIn(thrown: unknown, key: string): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const value: unknown = Reflect.get(thrown, key)
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined
}

/** Twilio's SDK for one account, loaded at the first call; each request takes at most timeoutMs. */
export async function connect(options: TwilioRestOptions, timeoutMs: number): Promise<Twilio> {
  const { default: twilio } = await import('twilio')
  const base = options.apiBaseUrl === undefined ? undefined : new URL(options.apiBaseUrl)
  const { send } = options

  /** Sends the SDK's requests to another origin; everything else stays the SDK's. */
  class RedirectedClient extends twilio.RequestClient {
    override request: InstanceType<typeof twilio.RequestClient>['request'] = (request) => {
      if (!base) return super.request(request)
      const url = new URL(request.uri)
      const prefix = base.pathname.replace(/\/$/, '')
      return super.request({ ...request, uri: base.origin + prefix + url.pathname + url.search })
    }
  }
  // Only 429 is retried, which Twilio has not processed. A client of one's own takes these settings, not twilio().
  const httpClient = new RedirectedClient({ timeout: timeoutMs, autoRetry: send === undefined })
  if (send) httpClient.axios.defaults.adapter = (config) => sendAs(config, send)
  // env: {} keeps TWILIO_EDGE, TWILIO_LOG_LEVEL and the like of the surroundings out.
  return twilio(options.accountSid, options.authToken, { httpClient, env: {} })
}

type Adapter = Extract<RequestClient['axios']['defaults']['adapter'], (...parameters: never) => unknown>

async function sendAs(config: Parameters<Adapter>[0], send: SendRest): ReturnType<Adapter> {
  const sent = Object.entries(config.headers).filter(([, value]) => typeof value === 'string')
  const { status, body } = await send({
    method: config.method?.toUpperCase() ?? 'GET',
    url: config.url ?? '',
    headers: Object.fromEntries(sent.map(([name, value]) => [name.toLowerCase(), String(value)])),
    body: typeof config.data === 'string' ? config.data : '',
    timeoutMs: config.timeout ?? 0,
  })
  return { data: body, status, statusText: '', headers: {}, config }
}
