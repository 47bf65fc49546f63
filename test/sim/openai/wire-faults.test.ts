import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import type { FakeOpenAi } from '../../../src/sim/openai/fake-openai.ts'
import type { ModelFault } from '../../../src/sim/openai/model-fault.ts'
import type { FakeOpenAiLogEntry } from '../../../src/sim/openai/run-log.ts'
import { Client, KEY, start } from './socket-client.ts'

type Faulty = { readonly fake: FakeOpenAi; readonly log: FakeOpenAiLogEntry[] } & AsyncDisposable

/** A fake whose script has faults, on a clock that stands still. */
async function faulty(faults: readonly ModelFault[], clock = new VirtualClock()): Promise<Faulty> {
  const script = { hears: [], replies: [], faults: [...faults] }
  const log: FakeOpenAiLogEntry[] = []
  const fake = await start({ clock, scriptFor: () => script, onEvent: (entry) => log.push(entry) })
  return { fake, log, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
}

const caller = { 'OpenAI-Safety-Identifier': 'caller-1' }

/** A client that has seen session.created. */
async function connected(fake: FakeOpenAi): Promise<Client> {
  const client = new Client(fake, undefined, caller)
  await client.until('session.created')
  return client
}

function faultsIn(log: readonly FakeOpenAiLogEntry[]): readonly unknown[] {
  return log.filter((entry) => entry.kind === 'fault').map(({ atMs, fault }) => [atMs, fault])
}

describe('startFakeOpenAi(), faults on the wire', () => {
  it.each([
    ['resetSession', 'ECONNRESET'],
    ['dropSession', undefined],
  ] as const)(
    '%s: the connection is gone without a close frame, and the wire says %s',
    async (kind, code) => {
      const clock = new VirtualClock()
      await using world = await faulty([{ kind, afterMs: 50 }], clock)
      await using client = new Client(world.fake)
      const codes: unknown[] = []
      client.socket.once('upgrade', ({ socket }) =>
        socket.on('error', (error: NodeJS.ErrnoException) => codes.push(error.code)),
      )
      await client.until('session.created')
      clock.advance(50)
      expect((await client.closed).code).toBe(1006)
      expect(codes).toEqual(code === undefined ? [] : [code])
      expect(faultsIn(world.log)).toEqual([[50, kind]])
    },
  )

  it('stalls: no event answers any more, but a ping is answered', async () => {
    const clock = new VirtualClock()
    await using world = await faulty([{ kind: 'stall', afterMs: 10 }], clock)
    await using client = await connected(world.fake)
    clock.advance(10)
    client.send({ type: 'input_audio_buffer.clear' })
    client.socket.ping()
    await once(client.socket, 'pong')
    expect(client.events.map(({ type }) => type)).toEqual(['session.created'])
    expect(world.fake.sessions[0]?.receivedCounts.get('input_audio_buffer.clear')).toBe(1)
    client.socket.close(1000)
    expect((await client.closed).code).toBe(1000)
  })

  it('is half open: nothing is read or answered, and the server still goes away when it is disposed of', async () => {
    const clock = new VirtualClock()
    await using world = await faulty([{ kind: 'halfOpen', session: 1, afterMs: 10 }], clock)
    await using client = await connected(world.fake)
    clock.advance(10)
    client.socket.on('pong', () => client.events.splice(0))
    client.socket.ping()
    // More than the buffers of a connection hold, so that it can only go when somebody reads.
    const audio = Buffer.alloc(4_000_000).toString('base64')
    for (let count = 0; count < 4; count++) client.send({ type: 'input_audio_buffer.append', audio })
    // Another connection, which answers, shows that time enough has passed.
    await using other = await connected(world.fake)
    other.send({ type: 'input_audio_buffer.append', audio })
    other.send({ type: 'input_audio_buffer.clear' })
    await other.until('input_audio_buffer.cleared')
    expect(client.socket.bufferedAmount).toBeGreaterThan(1_000_000)
    expect(client.events).toHaveLength(1)
    expect(client.socket.readyState).toBe(WebSocket.OPEN)
    expect(world.fake.sessions[0]?.receivedCounts.size).toBe(0)
    clock.advance(600_000)
    expect((await client.closed).code).toBe(1006)
  })

  it('never answers an upgrade, and lets go when the other side gives up', async () => {
    const clock = new VirtualClock()
    await using world = await faulty([{ kind: 'silentHandshake', session: 1 }], clock)
    const client = new Client(world.fake, undefined, caller)
    while (world.log.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await using second = await connected(world.fake)
    expect(client.socket.readyState).toBe(WebSocket.CONNECTING)
    client.socket.terminate()
    await client.closed
    expect(second.events).toHaveLength(1)
    expect(faultsIn(world.log)).toEqual([[0, 'silentHandshake']])
    expect(clock.pendingTimers()).toBe(1)
  })

  it('answers one session late, and another at once', async () => {
    const clock = new VirtualClock()
    await using world = await faulty([{ kind: 'slowHandshake', session: 1, delayMs: 5_000 }], clock)
    await using slow = new Client(world.fake, undefined, caller)
    while (clock.pendingTimers() === 0) await new Promise((resolve) => setImmediate(resolve))
    await using quick = await connected(world.fake)
    expect(quick.events).toHaveLength(1)
    expect(slow.socket.readyState).toBe(WebSocket.CONNECTING)
    clock.advance(5_000)
    await slow.until('session.created')
  })

  it.each([
    ['once', { session: 1 }, [429, 101]],
    ['always', {}, [429, 429]],
  ] as const)('refuses with 429 %s', async (_, where, expected) => {
    await using world = await faulty([{ kind: 'refuseHandshake', status: '429', ...where }])
    expect([await upgrade(world.fake), await upgrade(world.fake)]).toEqual(expected)
    expect(faultsIn(world.log)).toHaveLength(expected.filter((status) => status !== 101).length)
  })

  it('sends what is no UTF-8 as text, which ends the connection with 1007 at the other side', async () => {
    const clock = new VirtualClock()
    await using world = await faulty([{ kind: 'garbage', form: 'invalidUtf8', afterMs: 10 }], clock)
    await using client = await connected(world.fake)
    clock.advance(10)
    await client.closed
    expect(world.fake.sessions[0]?.end).toMatchObject({ by: 'client', code: 1007 })
  })

  it('sends a binary frame as one', async () => {
    const clock = new VirtualClock()
    await using world = await faulty([{ kind: 'garbage', form: 'binaryFrame', afterMs: 10 }], clock)
    await using client = await connected(world.fake)
    const message = once(client.socket, 'message')
    clock.advance(10)
    expect((await message)[1]).toBe(true)
  })

  it('floods with 20,000 events, each its own message', async () => {
    const clock = new VirtualClock()
    await using world = await faulty([{ kind: 'flood', afterMs: 10 }], clock)
    await using client = await connected(world.fake)
    while (client.events.length < 20_001) {
      clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(new Set(client.events.map(({ event_id }) => event_id)).size).toBe(20_001)
    expect(faultsIn(world.log)).toEqual([[10, 'flood']])
  })
})

/** The status that a caller's next upgrade is answered with. */
async function upgrade(fake: FakeOpenAi): Promise<number> {
  const socket = new WebSocket(`${fake.realtimeUrl}?model=gpt-realtime-2.1`, {
    headers: { Authorization: `Bearer ${KEY}`, ...caller },
  })
  socket.on('error', () => undefined)
  const { promise, resolve } = Promise.withResolvers<number>()
  socket.once('open', () => resolve(101))
  socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
  const status = await promise
  socket.terminate()
  return status
}
