import { type Clock, deadline } from '../../lib/clock.ts'
import { networkTransport } from '../twilio/network-transport.ts'
import type { UpgradeAttempt } from './mutated-upgrades.ts'

const ANSWER_WITHIN_MS = 10_000

/** Somebody who can reach the server, and sends it whatever they like. */
export type Stranger = AsyncDisposable & {
  /** Posts a form; answers with status and text. */
  post(request: {
    readonly target: string
    readonly signature: string
    readonly body: string
  }): Promise<{ readonly status: number; readonly body: string }>
  get(target: string): Promise<{ readonly status: number; readonly body: string }>
  /** Asks for a media socket: 101 when it was opened (it is closed at once), otherwise the status of the refusal. */
  upgrade(attempt: UpgradeAttempt): Promise<number>
}

/** @param origin the server's, as `http://127.0.0.1:PORT` */
export function strangerAt(origin: string, clock: Clock): Stranger {
  const transport = networkTransport()
  const send = async (
    method: 'GET' | 'POST',
    target: string,
    signed?: { signature: string; body: string },
  ) => {
    using limit = deadline({ clock, delayMs: ANSWER_WITHIN_MS, reason: `No answer to ${method}` })
    return await transport.request({
      url: origin + target,
      method,
      headers: signed
        ? { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signed.signature }
        : {},
      body: signed?.body ?? '',
      signal: limit.signal,
    })
  }
  return {
    post: ({ target, signature, body }) => send('POST', target, { signature, body }),
    get: (target) => send('GET', target),
    upgrade({ target, signature }) {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const socket = transport.connect({
        url: origin.replace(/^http/, 'ws') + target,
        headers: signature === undefined ? {} : { 'x-twilio-signature': signature },
        events: {
          onOpen: () => socket.close(1000),
          onText: () => undefined,
          onBinary: () => undefined,
          onProtocolError: () => undefined,
          onClose: () => resolve(101),
          onFailure: (failure) =>
            failure.kind === 'rejected'
              ? resolve(failure.status)
              : reject(new Error(`Cannot ask for a media socket: ${failure.kind}`)),
        },
      })
      return promise
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
}
