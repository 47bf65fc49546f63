import type { Random } from '../caller/random.ts'
import { seededRandom } from '../caller/random.ts'
import { API_VERSION, newSid } from './call-world.ts'
import type { CallWorld } from './call-world.ts'
import type { WebhookPurpose } from './event-log.ts'
import { placeFields } from './geography.ts'
import { messageSegments } from './message-segments.ts'
import type { Fields } from './signature.ts'
import type { Action } from './twiml.ts'
import { waitMs } from './wait.ts'
import type { WebhookResult } from './webhook.ts'
import type { XmlElement } from './xml.ts'
import { parseXml, XmlError } from './xml.ts'

const STOP = /^(stop|stopall|unsubscribe|cancel|end|quit|revoke|optout)$/i
const START = /^(start|yes|unstop)$/i
const HELP = /^(help|info)$/i

/** A message that went through the fake. */
export type FakeMessage = {
  readonly sid: string
  readonly from: string
  readonly to: string
  readonly body: string
  readonly direction: 'inbound' | 'outbound-api' | 'outbound-reply'
  status: 'queued' | 'sending' | 'sent' | 'delivered' | 'undelivered' | 'failed' | 'received'
  errorCode: number | undefined
  readonly createdWallMs: number
  sentWallMs: number | undefined
}

/** What becomes of a message: delivered, or the code of its failure. */
export type Deliver = (message: FakeMessage) => { readonly errorCode?: number }

/** The messages of an account: the latest are remembered. */
export class Messages {
  /** By sid, oldest first. */
  readonly bySid = new Map<string, FakeMessage>()
  /** Who has sent STOP and not START since. */
  readonly optedOut = new Set<string>()
  readonly #world: CallWorld
  readonly #random: Random
  readonly #deliver: Deliver
  readonly #closing: AbortSignal

  constructor(world: CallWorld, deliver: Deliver, closing: AbortSignal) {
    this.#world = world
    this.#random = seededRandom(world.random.whole(2 ** 32))
    this.#deliver = deliver
    this.#closing = closing
  }

  /** Takes a message to be sent. */
  create(message: Pick<FakeMessage, 'from' | 'to' | 'body' | 'direction'>): FakeMessage {
    const inbound = message.direction === 'inbound'
    const created: FakeMessage = {
      sid: newSid(this.#random, 'SM'),
      ...message,
      status: inbound ? 'received' : 'queued',
      errorCode: undefined,
      createdWallMs: this.#world.clock.wallMs(),
      sentWallMs: undefined,
    }
    this.bySid.set(created.sid, created)
    for (const sid of this.bySid.keys())
      if (this.bySid.size > this.#world.limits.remembered) this.bySid.delete(sid)
    this.#log(created)
    return created
  }

  /** Carries a message to its end, one state after another, telling the callback of each in order. */
  async carry(message: FakeMessage, statusCallback: Action | undefined): Promise<void> {
    const { errorCode } = this.#deliver(message)
    for (const status of [
      'sending',
      'sent',
      errorCode === undefined ? 'delivered' : 'undelivered',
    ] as const) {
      await waitMs(this.#world.clock, this.#world.limits.messageStepMs, this.#closing)
      if (this.#closing.aborted) return
      message.status = status
      if (status === 'sent') message.sentWallMs = this.#world.clock.wallMs()
      if (status === 'undelivered') message.errorCode = errorCode
      this.#log(message)
      if (statusCallback && status !== 'sending')
        await this.#send('smsStatus', statusCallback, statusFields(message))
    }
  }

  /**
   * Lets somebody write to a number of the account. A stop or start word is obeyed before the webhook is told.
   * @returns the replies that the product answered with
   */
  async receive(
    text: { readonly from: string; readonly to: string; readonly body: string },
    smsUrl: string | undefined,
  ): Promise<readonly FakeMessage[]> {
    const message = this.create({ ...text, direction: 'inbound' })
    const word = text.body.trim()
    if (STOP.test(word)) this.optedOut.add(text.from)
    if (START.test(word)) this.optedOut.delete(text.from)
    if (!smsUrl) return []
    const result = await this.#send('sms', { url: smsUrl, method: 'POST' }, this.#inboundFields(message))
    if (!result.ok || result.body.trim() === '') return []
    // Twilio has already answered these words by itself and sends nothing more.
    const replies = STOP.test(word) || HELP.test(word) ? [] : this.#replies(message, result.body)
    await Promise.all(replies.map((reply) => this.carry(reply, undefined)))
    return replies
  }

  #replies(message: FakeMessage, body: string): FakeMessage[] {
    try {
      const root = parseXml(body)
      return elements(root)
        .filter((element) => element.name === 'Message')
        .map((element) => elements(element).find((child) => child.name === 'Body') ?? element)
        .map((element) => element.children.filter((child) => typeof child === 'string').join(''))
        .map((text) =>
          this.create({ from: message.to, to: message.from, body: text.trim(), direction: 'outbound-reply' }),
        )
    } catch (error) {
      if (!(error instanceof XmlError)) throw error
      this.#world.log({ kind: 'warning', callSid: undefined, errorCode: 12_100, message: error.message })
      return []
    }
  }

  #inboundFields(message: FakeMessage): Fields {
    return [
      ...identity(message),
      ['SmsMessageSid', message.sid],
      ['AccountSid', this.#world.accountSid],
      ['From', message.from],
      ['To', message.to],
      ['Body', message.body],
      ['NumMedia', '0'],
      ['NumSegments', `${messageSegments(message.body)}`],
      ['SmsStatus', 'received'],
      ['ApiVersion', API_VERSION],
      ...placeFields('From', message.from),
      ...placeFields('To', message.to),
    ]
  }

  #send(purpose: WebhookPurpose, action: Action, fields: Fields): Promise<WebhookResult> {
    const all: Fields = purpose === 'sms' ? fields : [...fields, ['AccountSid', this.#world.accountSid]]
    return this.#world.sendWebhook({ purpose, ...action, fields: all, callSid: undefined })
  }

  #log(message: FakeMessage): void {
    const { sid: messageSid, status, errorCode } = message
    this.#world.log({ kind: 'message', messageSid, status, errorCode })
  }
}

function identity(message: FakeMessage): Fields {
  return [
    ['MessageSid', message.sid],
    ['SmsSid', message.sid],
  ]
}

function statusFields(message: FakeMessage): Fields {
  return [
    ...identity(message),
    ['MessageStatus', message.status],
    ['SmsStatus', message.status],
    ['From', message.from],
    ['To', message.to],
    ['ApiVersion', API_VERSION],
    ...(message.errorCode === undefined ? [] : [['ErrorCode', `${message.errorCode}`] as const]),
  ]
}

function elements(parent: XmlElement): XmlElement[] {
  return parent.children.filter((child) => typeof child !== 'string')
}
