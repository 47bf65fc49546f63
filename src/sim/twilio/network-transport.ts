import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { RawData } from 'ws'
import { WebSocket } from 'ws'
import type { IncomingResponse, OutgoingRequest, SocketEvents, StreamSocket, Transport } from './transport.ts'

const MAX_RESPONSE_BYTES = 65_536
/** Ten minutes of audio in one message, as base64, with room to spare. */
const MAX_MESSAGE_BYTES = 16 * 1_024 * 1_024

/** A transport over real sockets; disposing of it breaks whatever is still open. */
export function networkTransport(): Transport {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
  const sockets = new Set<WebSocket>()
  return {
    request: (request) => send(request, agents),
    connect({ url, headers, events }) {
      const socket = new WebSocket(url, { headers, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES })
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return listenTo(socket, events)
    },
    async [Symbol.asyncDispose]() {
      const closed = [...sockets].map(onceClosed)
      for (const socket of sockets) socket.terminate()
      await Promise.all(closed)
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}

function onceClosed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
  })
}

/** Tells what happens on a socket that is being dialled. */
export function listenTo(socket: WebSocket, events: SocketEvents): StreamSocket {
  let failed = false
  socket.on('open', () => events.onOpen())
  socket.on('message', (data: RawData, isBinary: boolean) => {
    const bytes = toBuffer(data)
    if (isBinary) events.onBinary(bytes.length)
    else events.onText(bytes.toString('utf8'))
  })
  socket.on('unexpected-response', (request, response: IncomingMessage) => {
    failed = true
    response.resume()
    request.destroy()
    events.onFailure({ kind: 'rejected', status: response.statusCode ?? 0 })
  })
  socket.on('error', (error: Error & { readonly code?: string }) => {
    if (failed) return
    if (error.code?.startsWith('WS_ERR')) events.onProtocolError()
    else if (socket.readyState !== WebSocket.OPEN) {
      failed = true
      events.onFailure({ kind: /TLS|SSL|CERT/.test(error.code ?? '') ? 'tls' : 'refused' })
    }
  })
  socket.on('close', (code: number) => {
    if (!failed) events.onClose(code)
  })
  return {
    send: (text) => socket.send(text),
    close: (code) => socket.close(code),
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    bufferedBytes: () => socket.bufferedAmount,
  }
}

function send(
  request: OutgoingRequest,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
): Promise<IncomingResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingResponse>()
  const secure = request.url.startsWith('https:')
  const options = {
    method: request.method,
    headers: { ...request.headers, 'content-length': Buffer.byteLength(request.body) },
    signal: request.signal,
    agent: secure ? agents.https : agents.http,
  }
  const outgoing = (secure ? httpsRequest : httpRequest)(request.url, options, (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_RESPONSE_BYTES)
        outgoing.destroy(new Error(`Cannot read a response over ${MAX_RESPONSE_BYTES} bytes`))
      else chunks.push(chunk)
    })
    response.on('error', reject)
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        body: Buffer.concat(chunks).toString('utf8'),
      }),
    )
  })
  outgoing.on('error', reject)
  outgoing.end(request.body)
  return promise
}
