import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../caller/random.ts'
import type { Speech } from '../caller/runner.ts'
import type { Log } from './event-log.ts'
import type { FrontProxy } from './front-proxy.ts'
import type { FakeTwilioLimits } from './limits.ts'
import type { AnswerOutbound } from './outbound-answer.ts'
import type { Recordings } from './recordings.ts'
import type { Transport } from './transport.ts'
import type { SendWebhook } from './webhook.ts'

/** All that a call needs from the fake that carries it. */
export type CallWorld = {
  readonly clock: Clock
  /** Drawn from once per call and room, in the order of their making. */
  readonly random: Random
  readonly accountSid: string
  readonly authToken: string
  readonly limits: FakeTwilioLimits
  readonly log: Log
  readonly transport: Transport
  /** What every webhook goes through. */
  readonly proxy: FrontProxy
  readonly sendWebhook: SendWebhook
  readonly speech: Speech
  readonly answerOutbound: AnswerOutbound
  readonly recordings: Recordings
  /** Address of the fake's own REST interface, once it listens. */
  readonly origin: () => string
  readonly rewriteWsOrigin: (origin: string) => string
}

/** Version that Twilio writes into every webhook and resource. */
export const API_VERSION = '2010-04-01'

/** A new sid such as CA… or MZ…, from the seed. */
export function newSid(random: Random, prefix: string): string {
  return prefix + random.hex(32)
}

/** RFC 2822 text of a wall-clock time in UTC, the way Twilio writes dates. */
export function rfc2822(wallMs: number): string {
  return new Date(wallMs).toUTCString().replace('GMT', '+0000')
}
