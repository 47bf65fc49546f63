import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { grounds, MAX_PAYLOAD_BYTES, type SocketGround } from './socket-ground.ts'

/** Both ends of an open websocket. */
async function open(ground: SocketGround): Promise<{ client: WebSocket; server: WebSocket }> {
  const client = ground.dial('/open')
  const [server] = await ground.until(Promise.all([ground.accepted(), once(client, 'open')]))
  return { client, server }
}

/** Everything that a socket tells, in order. */
function heard(socket: WebSocket): string[] {
  const events: string[] = []
  socket.on('message', (data: Buffer, isBinary) =>
    events.push(`${isBinary ? 'binary' : 'text'} ${data.toString()}`),
  )
  socket.on('ping', (data) => events.push(`ping ${data.toString()}`))
  socket.on('pong', (data) => events.push(`pong ${data.toString()}`))
  socket.on('error', (error) => events.push(`error ${'code' in error ? String(error.code) : error.message}`))
  socket.on('close', (code, reason) => events.push(`close ${code} ${reason.toString()}`))
  return events
}

/** Not `once()`, which an error would make fail. */
function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
  })
}

describe.each(Object.entries(grounds))('%s', (_, startGround) => {
  it('opens later, then carries messages both ways, whole, typed and in order', async () => {
    await using ground = await startGround()
    const client = ground.dial('/open')
    expect(client.readyState).toBe(WebSocket.CONNECTING)
    expect(() => client.send('early')).toThrow('WebSocket is not open')
    const [server] = await ground.until(Promise.all([ground.accepted(), once(client, 'open')]))
    expect([client.readyState, server.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN])
    const [atServer, atClient] = [heard(server), heard(client)]
    client.send('one')
    client.send(Buffer.from([0x74, 0x77, 0x6f]))
    client.send(Buffer.from('three'), { binary: false })
    server.send('four')
    expect([atServer, atClient]).toEqual([[], []])
    client.close()
    await ground.until(Promise.all([closed(client), closed(server)]))
    expect(atServer).toEqual(['text one', 'binary two', 'text three', 'close 1005 '])
    expect(atClient).toEqual(['text four', 'close 1005 '])
  })

  it('delivers a message after what was going on when it was sent, as a Buffer', async () => {
    await using ground = await startGround()
    const { client, server } = await open(ground)
    const order: string[] = []
    const message = once(server, 'message').then(([data]: unknown[]) =>
      order.push(Buffer.isBuffer(data) ? 'bytes' : '?'),
    )
    client.send('x', () => order.push('written'))
    order.push('sent')
    await ground.until(message)
    expect(order).toEqual(['sent', 'written', 'bytes'])
  })

  it('answers pings by itself', async () => {
    await using ground = await startGround()
    const { client } = await open(ground)
    const events = heard(client)
    client.ping('are you there')
    await ground.until(once(client, 'pong'))
    expect(events).toEqual(['pong are you there'])
  })

  it('tells both ends the code and the reason of a close, after everything that was sent before', async () => {
    await using ground = await startGround()
    const { client, server } = await open(ground)
    const [atClient, atServer] = [heard(client), heard(server)]
    server.send('last words')
    server.close(4001, 'enough')
    server.send('too late')
    expect(server.readyState).toBe(WebSocket.CLOSING)
    await ground.until(Promise.all([closed(client), closed(server)]))
    expect(atClient).toEqual(['text last words', 'close 4001 enough'])
    expect(atServer).toEqual(['close 4001 enough'])
    expect([client.readyState, server.readyState]).toEqual([WebSocket.CLOSED, WebSocket.CLOSED])
  })

  it('goes on hearing the other end until its close has come', async () => {
    await using ground = await startGround()
    const { client, server } = await open(ground)
    const atClient = heard(client)
    client.close(1000)
    server.send('crossing')
    await ground.until(Promise.all([closed(client), closed(server)]))
    expect(atClient).toEqual(['text crossing', 'close 1000 '])
  })

  it.each(['client', 'server'] as const)('leaves 1006 behind when the %s terminates', async (who) => {
    await using ground = await startGround()
    const { client, server } = await open(ground)
    const [atClient, atServer] = [heard(client), heard(server)]
    const ends = { client, server }
    ends[who].terminate()
    expect(ends[who].readyState).toBe(WebSocket.CLOSING)
    await ground.until(Promise.all([closed(client), closed(server)]))
    expect(atClient).toEqual(['close 1006 '])
    expect(atServer).toEqual(['close 1006 '])
  })

  it('ends a connection on which too large a message came', async () => {
    await using ground = await startGround()
    const { client, server } = await open(ground)
    const [atClient, atServer] = [heard(client), heard(server)]
    client.send('x'.repeat(MAX_PAYLOAD_BYTES))
    client.send('x'.repeat(MAX_PAYLOAD_BYTES + 1))
    client.send('never read')
    await ground.until(Promise.all([closed(client), closed(server)]))
    expect(atServer.map((event) => event.slice(0, 50))).toEqual([
      `text ${'x'.repeat(45)}`,
      'error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      'close 1006 ',
    ])
    expect(atClient).toEqual(['close 1009 '])
  })

  it('ends a connection on which text came that is no UTF-8', async () => {
    await using ground = await startGround()
    const { client, server } = await open(ground)
    const [atClient, atServer] = [heard(client), heard(server)]
    client.send(Buffer.from([0xc3, 0x28]), { binary: false })
    await ground.until(Promise.all([closed(client), closed(server)]))
    expect(atServer).toEqual(['error WS_ERR_INVALID_UTF8', 'close 1006 '])
    expect(atClient).toEqual(['close 1007 '])
  })

  it('holds back what comes to an end that has paused', async () => {
    await using ground = await startGround()
    const { client, server } = await open(ground)
    const atServer = heard(server)
    server.pause()
    client.send('held')
    server.send('heard all the same')
    await ground.until(once(client, 'message'))
    expect([server.isPaused, atServer]).toEqual([true, []])
    server.resume()
    await ground.until(once(server, 'message'))
    expect(atServer).toEqual(['text held'])
  })

  it('tells of a refusal with status and body, or as an error where nobody listens for it', async () => {
    await using ground = await startGround()
    const client = ground.dial('/refuse', { headers: { 'X-Asked': 'so' } })
    const answer = Promise.withResolvers<string>()
    client.once('unexpected-response', (_request, response: IncomingMessage) => {
      let body = ''
      response.on('data', (part: Buffer) => (body += part.toString()))
      response.once('end', () => answer.resolve(`${response.statusCode} ${body}`))
    })
    expect(await ground.until(answer.promise)).toBe('429 {"asked":"so"}')
    const other = ground.dial('/refuse')
    const events = heard(other)
    await ground.until(closed(other))
    expect(events).toEqual(['error Unexpected server response: 429', 'close 1006 '])
  })

  it('fails where nobody listens, or where the server hangs up', async () => {
    await using ground = await startGround()
    const nobody = ground.dial('ws://127.0.0.1:9/open')
    const hungUp = ground.dial('/hang-up')
    const events = [heard(nobody), heard(hungUp)]
    await ground.until(Promise.all([closed(nobody), closed(hungUp)]))
    expect(events).toEqual([
      ['error ECONNREFUSED', 'close 1006 '],
      ['error ECONNRESET', 'close 1006 '],
    ])
  })

  it('can be given up before it is open', async () => {
    await using ground = await startGround()
    const client = ground.dial('/never')
    const events = heard(client)
    client.terminate()
    await ground.until(closed(client))
    expect(events).toEqual([
      'error WebSocket was closed before the connection was established',
      'close 1006 ',
    ])
  })
})
