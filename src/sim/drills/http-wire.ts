import { connect, type Socket } from 'node:net'
import { type Clock, deadline } from '../../lib/clock.ts'

/** Answers are read up to this; more is as good as a fault. */
const MOST_ANSWER_BYTES = 1_048_576

/** What is put on the wire: bytes, and how long to wait before the next ones. */
export type WirePiece = { readonly bytes: Uint8Array; readonly thenWaitMs?: number }

/** What is sent over one connection, and when it is over. */
export type WireRequest = {
  readonly pieces: readonly WirePiece[]
  /** Answers after which the connection is given up; the server may close it earlier. */
  readonly answers: number
  /** Answers have no body, whatever length they name: it was HEAD. */
  readonly withoutBody?: true
  /** What this side does when all is said: wait for the answer, send no more, or break the connection. */
  readonly atEnd?: 'wait' | 'finish' | 'reset'
  readonly withinMs: number
}

/** What came back. */
export type WireAnswer = {
  /** Statuses of the answers, in order. */
  readonly statuses: readonly number[]
  /** Body of the last one. */
  readonly body: string
  /** Who ended the connection; `late` when the server had not by the time it was given. */
  readonly ended: 'server' | 'us' | 'late'
  readonly tookMs: number
}

/** Puts bytes on a connection of its own and reads the answers, whatever becomes of it. */
export async function exchange(
  server: { readonly host: string; readonly port: number; readonly clock: Clock },
  request: WireRequest,
): Promise<WireAnswer> {
  const { host, port, clock } = server
  const startedMs = clock.nowMs()
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
  const { promise, resolve } = Promise.withResolvers<WireAnswer['ended']>()
  const reader = new AnswerReader(request.withoutBody ?? false)
  using limit = deadline({ clock, delayMs: request.withinMs, reason: 'The connection is open still' })
  limit.signal.addEventListener('abort', () => resolve('late'), { once: true })
  socket.on('data', (bytes) => {
    if (!reader.take(Buffer.from(bytes)) || reader.statuses.length >= request.answers) resolve('us')
  })
  // A reset is an end like another; that it may come is the matter of this.
  socket.on('error', () => resolve('server'))
  socket.on('end', () => resolve('server'))
  socket.on('close', () => resolve('server'))
  void sendAll(socket, request, { clock, signal: limit.signal })
  const ended = await promise
  socket.destroy()
  return { statuses: reader.statuses, body: reader.body, ended, tookMs: clock.nowMs() - startedMs }
}

async function sendAll(
  socket: Socket,
  { pieces, atEnd = 'wait' }: WireRequest,
  time: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  for (const { bytes, thenWaitMs } of pieces) {
    if (socket.destroyed || time.signal.aborted) return
    if (bytes.length > 0) socket.write(bytes)
    if (thenWaitMs === undefined) continue
    const { promise, resolve } = Promise.withResolvers<void>()
    time.clock.setTimer(thenWaitMs, resolve)
    await promise
  }
  if (atEnd === 'finish') socket.end()
  if (atEnd === 'reset') socket.resetAndDestroy()
}

/** Finds HTTP answers in a stream of bytes. */
class AnswerReader {
  readonly statuses: number[] = []
  body = ''
  readonly #withoutBody: boolean
  #unread = Buffer.alloc(0)
  #bytes = 0

  constructor(withoutBody: boolean) {
    this.#withoutBody = withoutBody
  }

  /** @returns false when it is more than anybody should answer, or no HTTP */
  take(bytes: Buffer): boolean {
    this.#bytes += bytes.length
    if (this.#bytes > MOST_ANSWER_BYTES) return false
    this.#unread = Buffer.concat([this.#unread, bytes])
    for (;;) {
      const headEnd = this.#unread.indexOf('\r\n\r\n')
      if (headEnd < 0) return true
      const head = this.#unread.toString('latin1', 0, headEnd)
      const status = Number(/^HTTP\/1\.[01] ([0-9]{3}) /.exec(head)?.[1] ?? Number.NaN)
      if (Number.isNaN(status)) return false
      const named = Number(/^content-length: ([0-9]+)$/im.exec(head)?.[1] ?? 0)
      const end = headEnd + 4 + (this.#withoutBody ? 0 : named)
      if (this.#unread.length < end) return true
      this.body = this.#unread.toString('utf8', headEnd + 4, end)
      this.#unread = this.#unread.subarray(end)
      if (status >= 200 || status === 101) this.statuses.push(status)
    }
  }
}
