import type { Clock } from '../../lib/clock.ts'
import type { Speech } from '../caller/runner.ts'
import type { MemoryNetwork } from '../memory/memory-network.ts'
import type { TwilioLogEntry } from './event-log.ts'
import type { FakeTwilioLimits } from './limits.ts'
import type { Deliver } from './messages.ts'
import type { AnswerOutbound } from './outbound-answer.ts'
import type { AccountState } from './rest-account.ts'
import type { RestRequest } from './rest-server.ts'
import type { Transport } from './transport.ts'
import type { WebhookRequest } from './webhook.ts'

/** A number of the account and where its calls and messages are announced. */
export type FakeTwilioNumber = {
  readonly phoneNumber: string
  readonly voiceUrl: string
  readonly voiceFallbackUrl?: string
  /** Told of the end of every incoming call. */
  readonly statusCallback?: string
  readonly smsUrl?: string
  /** What only its resource shows; calls of the fake go by the URLs alone. */
  readonly shown?: {
    readonly voiceMethod?: 'GET' | 'POST'
    readonly statusCallbackMethod?: 'GET' | 'POST'
    readonly voiceApplicationSid?: string
    readonly trunkSid?: string
    readonly canSpeak?: boolean
  }
}

/** How the fake is set up; only the first four have to be given. */
export type FakeTwilioOptions = {
  readonly clock: Clock
  readonly accountSid: string
  readonly authToken: string
  readonly numbers: readonly FakeTwilioNumber[]
  /** What the account is; by default it is active and no trial. */
  readonly account?: Partial<AccountState>
  readonly port?: number
  /** The same seed gives the same sids, noise and timestamps. */
  readonly seed?: number
  readonly limits?: Partial<FakeTwilioLimits>
  readonly onEvent?: (entry: TwilioLogEntry) => void
  /** Clips of the callers' scripts: 8 kHz samples. */
  readonly speech?: Speech
  /** What happens at phones that the product calls; by default nobody answers. */
  readonly answerOutbound?: AnswerOutbound
  /** What becomes of messages; by default they are delivered. */
  readonly deliver?: Deliver
  /** Refusals by destination number, with Twilio's code. */
  readonly refusedNumbers?: Readonly<Record<string, number>>
  readonly verifiedNumbers?: readonly string[]
  /** Only verified numbers may be called, for ten minutes at most. */
  readonly trialMode?: boolean
  /** A code with which a REST request is refused before it is looked at, for example 20429. */
  readonly refuseRest?: (request: RestRequest) => number | undefined
  /** True when a webhook is to be delivered twice, as Twilio now and then does. */
  readonly redeliver?: (request: WebhookRequest) => boolean
  /** Maps the public origin of a stream URL (`wss://…`) to the one to dial; the signature keeps the public one. */
  readonly rewriteWsOrigin?: (origin: string) => string
  /** The same for webhooks. */
  readonly rewriteHttpOrigin?: (origin: string) => string
  /** How the product is reached; by default over real sockets. Disposed of with the fake. */
  readonly transport?: Transport
  /** Where its REST interface is reached, instead of on loopback. */
  readonly network?: MemoryNetwork | undefined
}
