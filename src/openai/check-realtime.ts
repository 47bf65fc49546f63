import type { Clock } from '../lib/clock.ts'
import type { Finding } from '../ports/check.ts'
import { choose, correctKey, pay, reach, unpaidCodes } from './check-fixes.ts'
import type { SocketEnd } from './errors.ts'
import { knownModel } from './models.ts'
import { RealtimeSocket } from './realtime-socket.ts'
import { decodeStrictly } from './server-codec.ts'

/** Where a session is opened, with which key and model. */
export type RealtimeQuestion = {
  readonly url: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly deadlineMs: number
}

/** How the attempt went: what the server said first, or how the socket ended before it said anything. */
export type RealtimeAnswer =
  | { readonly kind: 'created' }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'otherwise' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'ended'; readonly end: SocketEnd }

/** Whether a session of Realtime can be opened: it is closed at its first word, before it costs anything. */
export async function checkRealtime(question: RealtimeQuestion): Promise<readonly Finding[]> {
  return [judgeRealtime(await openSession(question), question)]
}

/** What the attempt means for calls. */
export function judgeRealtime(
  answer: RealtimeAnswer,
  { url, model }: { readonly url: string; readonly model: string },
): Finding {
  switch (answer.kind) {
    case 'created':
      return { kind: 'fine', says: `opens a session of ${model}` }
    case 'error':
      return refusal(answer.code, 101)
    case 'otherwise':
      return unopened('does not begin with a session')
    case 'silent':
      return unopened('says nothing after the handshake')
    case 'ended':
      return ending(answer.end, { url, model })
  }
}

function ending(end: SocketEnd, { url, model }: { readonly url: string; readonly model: string }): Finding {
  switch (end.kind) {
    case 'unreachable':
      return { kind: 'broken', says: `Realtime gives no answer: ${end.code}`, fix: reach(url, end.code) }
    case 'handshakeTimeout':
    case 'unresponsive':
      return { kind: 'broken', says: 'Realtime gives no answer in time', fix: reach(url) }
    case 'refused':
      if (end.status === 404) {
        const fix = choose('OPENAI_REALTIME_MODEL', knownModel(model)?.successor)
        return { kind: 'broken', says: `Realtime does not know ${model}`, fix }
      }
      if (end.status >= 500) {
        return { kind: 'broken', says: `Realtime answers with ${end.status}`, fix: reach(url) }
      }
      return refusal(end.code ?? '', end.status)
    case 'protocol':
      return unopened(`breaks the protocol: ${end.code}`)
    case 'closed':
      // The reason holds text of the other side; the code alone is certain to be none.
      return unopened(`closes at once with ${end.code}`)
  }
}

function refusal(code: string, status: number): Finding {
  if (status === 401 || code === 'invalid_api_key') {
    return { kind: 'broken', says: 'OpenAI refuses OPENAI_API_KEY', fix: correctKey }
  }
  if (unpaidCodes.has(code)) {
    return { kind: 'broken', says: 'the project of OPENAI_API_KEY has no credit left', fix: pay }
  }
  return unopened(`refuses the session: ${status === 101 ? code : `${status} ${code}`.trim()}`)
}

function unopened(how: string): Finding {
  return {
    kind: 'broken',
    says: `Realtime ${how}`,
    fix: {
      name: 'openRealtime',
      does: 'Let the project of OPENAI_API_KEY use Realtime (limits, permissions of the key), and leave OPENAI_REALTIME_API_URL unset',
    },
  }
}

function openSession(question: RealtimeQuestion): Promise<RealtimeAnswer> {
  const { clock, deadlineMs, headers } = question
  const { promise, resolve } = Promise.withResolvers<RealtimeAnswer>()
  const socket = new RealtimeSocket({
    url: `${question.url}?model=${encodeURIComponent(question.model)}`,
    headers,
    handshakeTimeoutMs: deadlineMs,
    // Longer than this check: whether the other side is still alive is not the question.
    pingIntervalMs: 2 * deadlineMs,
    clock,
    listener: {
      onOpen: () => undefined,
      onMessage: (message) => end(firstWord(message)),
      onSignOfLife: () => undefined,
      onEnd: (socketEnd) => end({ kind: 'ended', end: socketEnd }),
    },
  })
  const timer = clock.setTimer(deadlineMs, () => end({ kind: 'silent' }))
  const end = (answer: RealtimeAnswer): void => {
    timer.cancel()
    resolve(answer)
    socket.terminate()
  }
  return promise
}

function firstWord(message: Buffer): RealtimeAnswer {
  const event = decodeStrictly(message, Buffer.alloc(0))
  if (event.kind === 'sessionCreated') return { kind: 'created' }
  return event.kind === 'error' ? { kind: 'error', code: event.code } : { kind: 'otherwise' }
}
