import type { Speech } from '../caller/runner.ts'
import type { CallerScriptInput } from '../caller/script.ts'
import type { WireDelays } from '../memory/memory-wire.ts'
import { createAccountWorld } from './account-world.ts'
import type { CallWorld } from './call-world.ts'
import { FakeCall } from './fake-call.ts'
import type { FakeTwilioNumber, FakeTwilioOptions } from './fake-twilio-options.ts'
import type { FakeMessage } from './messages.ts'
import { Messages } from './messages.ts'
import type { NumberRules } from './number-rules.ts'
import { Dialler } from './outbound-call.ts'
import type { CallRequest } from './rest-calls.ts'
import { accountResource } from './rest-account.ts'
import { callsResource } from './rest-calls.ts'
import { refusal } from './rest-failure.ts'
import { messagesResource } from './rest-messages.ts'
import { type RestFault, RestFaults } from './rest-faults.ts'
import { numbersResource } from './rest-numbers.ts'
import { recordingsResource } from './rest-recordings.ts'
import type { RestAnswer, RestRequest } from './rest-server.ts'
import { refuse, startRestServer } from './rest-server.ts'
import type { Fields } from './signature.ts'
import type { Action } from './twiml.ts'

/** A call from outside to a number of the account. */
export type PlaceCallOptions = {
  readonly from: string
  readonly to: string
  readonly script: CallerScriptInput
  /** Result of the network's check of the caller's number; left out when there was none. */
  readonly stirVerstat?: string
  /** Further fields of every voice webhook; a name may occur twice, as an attacker might. */
  readonly extraFields?: Fields
  /** REST requests that go wrong while this call lives; those that name a call, for this one only. */
  readonly restFaults?: readonly RestFault[]
  /** Clips of this script, instead of those of the fake. */
  readonly speech?: Speech
  /** The same seed makes the same call, sid included, whatever others there are. */
  readonly seed?: number | undefined
  /** How long messages of its media streams are under way, where there is no network that decides it. */
  readonly delays?: WireDelays | undefined
}

/** A running fake Twilio. */
export type FakeTwilio = AsyncDisposable & {
  /** Address of its REST interface, for example `http://127.0.0.1:40123`. */
  readonly origin: string
  /** Live calls and those remembered, by sid. */
  readonly calls: ReadonlyMap<string, FakeCall>
  /** Messages remembered, by sid, oldest first. */
  readonly messages: ReadonlyMap<string, FakeMessage>
  /** Lets somebody ring a number of the account. */
  placeCall(options: PlaceCallOptions): FakeCall
  /** From now on such REST requests go wrong, whatever call they are about, until disposed. */
  failRest(fault: RestFault): Disposable
  /** From now on webhooks that find no server are held so long, as a proxy in front of the product can; at first not. */
  holdWebhooks(holdMs: number): void
  /** Lets go of the calls that have ended, of their sound, and of what was recorded in them. */
  forgetEnded(): void
  /** Lets somebody write to a number of the account; resolves with the product's replies. */
  sendText(text: {
    readonly from: string
    readonly to: string
    readonly body: string
  }): Promise<readonly FakeMessage[]>
}

/** The fake cannot do what its user asked; the message says why. */
export class FakeTwilioError extends Error {
  readonly code = 'ERR_FAKE_TWILIO'
}

const TRIAL_CALL_SECONDS = 600

/** Starts a fake Twilio on loopback; disposing of it ends all calls and closes every socket. */
export async function startFakeTwilio(options: FakeTwilioOptions): Promise<FakeTwilio> {
  const account = new Account(options)
  const server = await startRestServer({
    clock: options.clock,
    port: options.port ?? 0,
    network: options.network,
    accountSid: options.accountSid,
    authToken: options.authToken,
    concurrency: account.world.limits.restConcurrency,
    latencyMs: account.world.limits.restLatencyMs,
    closing: account.closing.signal,
    log: account.world.log,
    handle: (request) => account.handle(request),
  })
  account.origin = server.origin
  return {
    origin: server.origin,
    calls: account.calls,
    messages: account.messages.bySid,
    placeCall: (call) => account.placeCall(call),
    failRest: (fault) => account.restFaults.plant(fault),
    holdWebhooks: (holdMs) => void (account.world.proxy.holdMs = holdMs),
    forgetEnded: () => {
      account.forgetEnded(0)
      account.world.recordings.keepOnly(account.calls)
    },
    sendText: (text) => account.messages.receive(text, account.numberOf(text.to, 'write to').smsUrl),
    async [Symbol.asyncDispose]() {
      await account.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

class Account {
  readonly closing = new AbortController()
  readonly calls = new Map<string, FakeCall>()
  readonly world: CallWorld
  readonly messages: Messages
  readonly restFaults: RestFaults
  origin = ''
  readonly #options: FakeTwilioOptions
  readonly #rules: NumberRules
  readonly #dialler: Dialler
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: FakeTwilioOptions) {
    this.#options = options
    this.world = createAccountWorld(options, { closing: this.closing.signal, origin: () => this.origin })
    this.messages = new Messages(this.world, options.deliver ?? (() => ({})), this.closing.signal)
    this.restFaults = new RestFaults(this.world.log)
    this.#dialler = new Dialler(this.world)
    this.#rules = {
      owned: new Set(options.numbers.map((number) => number.phoneNumber)),
      verified: new Set(options.verifiedNumbers),
      trial: options.trialMode ?? false,
      refused: new Map(Object.entries(options.refusedNumbers ?? {})),
    }
  }

  numberOf(phoneNumber: string, action: string): FakeTwilioNumber {
    const found = this.#options.numbers.find((number) => number.phoneNumber === phoneNumber)
    if (!found) throw new FakeTwilioError(`Cannot ${action} ${phoneNumber}: the account has no such number`)
    return found
  }

  forgetEnded(remembered: number): void {
    const ended = [...this.calls.values()].filter((call) => !call.isLive())
    for (const call of ended.slice(0, Math.max(0, ended.length - remembered))) this.calls.delete(call.sid)
  }

  placeCall(options: PlaceCallOptions): FakeCall {
    const number = this.numberOf(options.to, 'ring')
    const { stirVerstat, seed, delays } = options
    const call = this.#add({
      direction: 'inbound',
      from: options.from,
      to: options.to,
      fallback: postTo(number.voiceFallbackUrl),
      statusCallback: postTo(number.statusCallback),
      statusEvents: new Set(['completed']),
      extraFields: [
        ...(stirVerstat === undefined ? [] : [['StirVerstat', stirVerstat] as const]),
        ...(options.extraFields ?? []),
      ],
      timeLimitS: undefined,
      seed,
      delays,
    })
    if (!call)
      throw new FakeTwilioError(`Cannot ring ${options.to}: ${this.world.limits.liveCalls} calls are live`)
    call.setCaller(options.script, options.speech ?? this.world.speech)
    for (const fault of options.restFaults ?? []) {
      const planted = this.restFaults.plant(fault, call.sid)
      call.signal.addEventListener('abort', () => planted[Symbol.dispose]())
    }
    call.run({ kind: 'url', url: number.voiceUrl, method: 'POST', fields: [] })
    return call
  }

  handle(request: RestRequest): RestAnswer {
    const refused = this.#options.refuseRest?.(request)
    if (refused !== undefined) return { kind: 'refused', failure: refusal(refused) }
    const spoiled = this.restFaults.answer(request)
    if (spoiled) return spoiled
    const { accountSid, authToken, numbers, account } = this.#options
    switch (request.path[0]) {
      case 'Calls':
        return callsResource(
          { accountSid, rules: this.#rules, calls: this.calls, enqueue: (call) => this.#enqueue(call) },
          request,
        )
      case 'Messages': {
        const carry = (message: FakeMessage, callback: Action | undefined): void =>
          this.#track(this.messages.carry(message, callback))
        return messagesResource({ accountSid, rules: this.#rules, messages: this.messages, carry }, request)
      }
      case 'Recordings':
        return recordingsResource(accountSid, this.world.recordings, request)
      case 'IncomingPhoneNumbers':
        return numbersResource({ accountSid, numbers }, request)
      case undefined:
        return accountResource({ status: 'active', type: 'Full', ...account, accountSid, authToken }, request)
      default:
        return refuse(20404)
    }
  }

  async close(): Promise<void> {
    const live = [...this.calls.values()].filter((call) => call.isLive())
    for (const call of live) call.end('shutdown', 'completed')
    this.closing.abort()
    await Promise.all([...this.calls.values()].map((call) => call.ended))
    await Promise.all(this.#underWay)
    await this.world.transport[Symbol.asyncDispose]()
  }

  #enqueue(request: CallRequest): FakeCall | undefined {
    const { from, to, fallback, statusCallback, statusEvents, timeLimitS } = request
    const call = this.#add({
      direction: 'outbound-api',
      from,
      to,
      fallback,
      statusCallback,
      statusEvents,
      timeLimitS,
      extraFields: [],
    })
    if (call) this.#track(this.#dialler.dial(call, request))
    return call
  }

  #add(
    options: Omit<ConstructorParameters<typeof FakeCall>[0], 'world' | 'timeLimitS'> & {
      readonly timeLimitS: number | undefined
    },
  ): FakeCall | undefined {
    const { limits } = this.world
    this.forgetEnded(limits.remembered - 1)
    const live = [...this.calls.values()].filter((call) => call.isLive())
    if (live.length >= limits.liveCalls) return undefined
    const mostS = this.#rules.trial ? TRIAL_CALL_SECONDS : limits.callSeconds
    const call = new FakeCall({
      ...options,
      world: this.world,
      timeLimitS: Math.min(options.timeLimitS ?? mostS, mostS),
    })
    this.calls.set(call.sid, call)
    return call
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked))
    this.#underWay.add(tracked)
  }
}

function postTo(url: string | undefined): Action | undefined {
  return url === undefined ? undefined : { url, method: 'POST' }
}
