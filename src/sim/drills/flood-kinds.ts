import type { Random } from '../caller/random.ts'
import { wireRequest } from './http-request.ts'
import { pick } from './odd-values.ts'

/** An upgrade that was let in once, as somebody on the way may have seen it. */
export type CapturedUpgrade = { readonly target: string; readonly signature: string }

/** What the requests of a flood are made of. */
export type FloodMaking = {
  readonly random: Random
  readonly host: string
  readonly captured: CapturedUpgrade
}

type FloodKind = {
  /** Statuses that may come; besides them a connection may only be cut off. */
  readonly answers: readonly string[]
  /** What one connection writes, each request when the one before is answered. */
  readonly requests: (making: FloodMaking) => readonly Buffer[]
}

const OTHER_TARGETS = ['/', '/nothing', '/twilio/media', '/twilio/media/', '/twilio/media/short']
/** Requests over one connection, of those that use one for several. */
const REQUESTS_A_CONNECTION = 4

/** Every way to ask for a media socket without a right to one. */
const kinds: Readonly<Record<string, FloodKind>> = {
  unsigned: {
    answers: ['403'],
    requests: (making) => [upgrade(making, { target: unknownTarget(making) })],
  },
  'signed by somebody else': {
    answers: ['403'],
    requests: (making) => {
      const signature = Buffer.from(making.random.hex(20)).toString('base64')
      return [upgrade(making, { target: unknownTarget(making), signature })]
    },
  },
  'another path': {
    answers: ['403', '404'],
    requests: (making) => [upgrade(making, { target: pick(making.random, OTHER_TARGETS) })],
  },
  'a nonce again': {
    answers: ['403'],
    requests: (making) => [upgrade(making, making.captured)],
  },
  'half a request': {
    answers: ['408'],
    requests: (making) => {
      const whole = upgrade(making, { target: unknownTarget(making) })
      return [whole.subarray(0, 1 + making.random.whole(whole.length - 4))]
    },
  },
  'one connection for several': {
    answers: ['403', '404'],
    requests: (making) => [
      // An upgrade of what cannot be upgraded is a request like others, and its connection stays open.
      ...Array.from({ length: REQUESTS_A_CONNECTION - 1 }, () =>
        upgrade(making, { target: `/${making.random.hex(8)}` }),
      ),
      upgrade(making, { target: unknownTarget(making) }),
    ],
  },
}

/** Names of all kinds. */
export const floodKinds = Object.keys(kinds)

/** What one connection of a kind writes, request by request. @throws RangeError for a kind that there is not */
export function floodRequests(kind: string, making: FloodMaking): readonly Buffer[] {
  const found = kinds[kind]
  if (!found) throw new RangeError(`Cannot flood with ${kind}: there is no such kind`)
  return found.requests(making)
}

/** Whether an attempt of a kind may end so: with one of these statuses, or cut off without an answer. */
export function mayEndSo(kind: string, ending: string): boolean {
  return ending === 'cut off' || (kinds[kind]?.answers.includes(ending) ?? false)
}

function unknownTarget({ random }: FloodMaking): string {
  return `/twilio/media/${random.hex(22)}`
}

function upgrade(
  { host, random }: FloodMaking,
  { target, signature }: { readonly target: string; readonly signature?: string },
): Buffer {
  return wireRequest({
    method: 'GET',
    target,
    headers: [
      ['Host', host],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['User-Agent', 'Twilio.TmeWs/1.0'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', Buffer.from(random.hex(16)).toString('base64')],
      ...(signature === undefined ? [] : [['X-Twilio-Signature', signature] as const]),
    ],
  })
}
