import { createServer, type RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { MemoryNetwork } from '../../../src/sim/memory/memory-network.ts'
import { MemoryWebSocket } from '../../../src/sim/memory/memory-web-socket.ts'
import type { WireDelays } from '../../../src/sim/memory/memory-wire.ts'
import { VirtualTime } from '../../../src/sim/memory/virtual-time.ts'

function serve(listener: RequestListener, requestDelays?: WireDelays) {
  const clock = new VirtualClock()
  const network = new MemoryNetwork({ clock, ...(requestDelays && { requestDelays }) })
  const time = new VirtualTime(clock, network)
  const origin = network.serve(createServer(listener))
  return {
    clock,
    network,
    time,
    origin,
    ask: (request: { method?: string; path?: string; body?: string; signal?: AbortSignal } = {}) => {
      const { method = 'GET', path = '/', body = '', signal } = request
      const headers = { 'X-Asked': 'So' }
      return time.until(
        network.request({ url: origin + path, method, headers, body, ...(signal && { signal }) }),
      )
    },
  }
}

describe('MemoryNetwork', () => {
  it('hands a request to the server and gives back its answer', async () => {
    const { ask, network } = serve((request, response) => {
      let body = ''
      request.on('data', (part: Buffer) => (body += part.toString()))
      request.on('end', () => {
        const { method, url, headers } = request
        response.writeHead(201, { 'Content-Type': 'text/plain' })
        response.end(`${method} ${url} ${String(headers['x-asked'])} ${headers['content-length']} ${body}`)
      })
    })
    const answer = await ask({ method: 'POST', path: '/path?a=1', body: 'größe' })
    expect(answer).toMatchObject({ status: 201, body: 'POST /path?a=1 So 7 größe' })
    expect(answer.headers['content-type']).toBe('text/plain')
    expect([network.openConnections(), network.isWorking()]).toEqual([0, false])
  })

  it.each<[string, RequestListener, string]>([
    ['in pieces', (_, response) => (response.write('one '), response.end('two')), 'one two'],
    ['without a body', (_, response) => response.writeHead(204).end(), ''],
    [
      'of a known length',
      (_, response) => response.writeHead(200, { 'Content-Length': '3' }).end('abc'),
      'abc',
    ],
  ])('reads an answer %s', async (_, listener, body) => {
    expect((await serve(listener).ask()).body).toBe(body)
  })

  it('tells the server that its answer has gone', async () => {
    const gone = Promise.withResolvers<boolean>()
    const { ask, time } = serve((_, response) => {
      response.once('close', () => gone.resolve(response.writableFinished))
      response.end()
    })
    await ask()
    expect(await time.until(gone.promise)).toBe(true)
  })

  it('rejects where nobody listens, and where the server hangs up', async () => {
    const { ask, network, origin } = serve((request) => request.socket.destroy())
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' })
    network.leave(origin)
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(network.openConnections()).toBe(0)
  })

  it('lets a request be given up, of which the server then learns', async () => {
    const gone = Promise.withResolvers<string>()
    const controller = new AbortController()
    const { ask, network, time } = serve((_, response) => {
      response.once('close', () => gone.resolve('gone'))
      controller.abort(new Error('enough'))
    })
    await expect(ask({ signal: controller.signal })).rejects.toThrow('enough')
    expect(await time.until(gone.promise)).toBe('gone')
    expect(network.openConnections()).toBe(0)
  })

  it('takes its time on either way', async () => {
    const arrivals: number[] = []
    const { ask, clock } = serve(
      (_, response) => {
        arrivals.push(clock.nowMs())
        clock.setTimer(100, () => response.end())
      },
      { toServerMs: 20, toClientMs: 30 },
    )
    await ask()
    expect([arrivals, clock.nowMs()]).toEqual([[20], 150])
  })

  it('delays the messages of a websocket by its way, in order, and not those of another', async () => {
    const { network, time, clock, origin } = serve(() => undefined)
    const seen: string[] = []
    const server = createServer()
    const upgrader = new WebSocketServer({ server, WebSocket: MemoryWebSocket })
    upgrader.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => {
        seen.push(`${clock.nowMs()} ${data.toString()}`)
      }),
    )
    network.leave(origin)
    const url = network.serve(server).replace('http', 'ws')
    const slow = network.dial(url, { delays: { toServerMs: 200, toClientMs: 50 } })
    const quick = network.dial(url)
    slow.on('open', () => {
      slow.send('one')
      slow.send('two')
    })
    quick.on('open', () => quick.send('three'))
    await time.pass(1_000)
    expect(seen).toEqual(['0 three', '450 one', '450 two'])
    network.closeAll()
  })

  it('goes on when one of its listeners throws', async () => {
    const { network, time } = serve(() => undefined)
    const thrown = Promise.withResolvers<unknown>()
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', thrown.resolve)
    try {
      const done = Promise.withResolvers<string>()
      network.post(() => {
        throw new Error('broken')
      })
      network.post(() => done.resolve('done'))
      expect(await time.until(Promise.all([done.promise, thrown.promise]))).toEqual([
        'done',
        new Error('broken'),
      ])
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener)
    }
  })
})
