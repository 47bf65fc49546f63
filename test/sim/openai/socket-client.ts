import { WebSocket } from 'ws'
import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime'
import { startFakeOpenAi } from '../../../src/sim/openai/fake-openai.ts'
import type { FakeOpenAi } from '../../../src/sim/openai/fake-openai.ts'
import type { FakeOpenAiOptions } from '../../../src/sim/openai/fake-openai-options.ts'
import type { ServerEvent } from '../../../src/sim/openai/server-events.ts'

/** The one key that the fakes of these tests accept. */
export const KEY = 'sk-rehearsal'

/** A client of the fake over a real socket. */
export class Client implements AsyncDisposable {
  readonly events: ServerEvent[] = []
  readonly socket: WebSocket
  readonly closed: Promise<{ code: number; reason: string }>
  #wake: () => void = () => undefined

  constructor(fake: FakeOpenAi, query = '?model=gpt-realtime-2.1', headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${fake.realtimeUrl}${query}`, {
      headers: { Authorization: `Bearer ${KEY}`, ...headers },
    })
    this.socket.on('message', (data: Buffer) => {
      this.events.push(JSON.parse(data.toString('utf8')) as ServerEvent)
      this.#wake()
    })
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>()
    this.closed = promise
    this.socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString('utf8') })
      this.#wake()
    })
    // What is refused at the handshake is told by 'unexpected-response'; a broken wire by 'close'.
    this.socket.on('error', () => undefined)
  }

  send(event: RealtimeClientEvent): void {
    this.socket.send(JSON.stringify(event))
  }

  async until<Type extends ServerEvent['type']>(type: Type): Promise<Extract<ServerEvent, { type: Type }>> {
    for (;;) {
      const found = this.events.findLast(
        (event): event is Extract<ServerEvent, { type: Type }> => event.type === type,
      )
      if (found) return found
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.closed
  }
}

/** A fake that thinks and speaks at once. */
export function start(options: FakeOpenAiOptions = {}): Promise<FakeOpenAi> {
  return startFakeOpenAi({
    apiKeys: [KEY],
    seed: 'test',
    pace: { createdLagMs: 1, thinkMs: 1, factor: 200 },
    ...options,
  })
}
