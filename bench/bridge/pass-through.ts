/**
 * What the bridge is measured against: accepts media sockets, opens one upstream websocket for each and forwards every
 * message, bytes to bytes, without looking into it. No resampling, no transcript, no record, no metrics, no log.
 */
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

const upstreamOrigin = process.argv[2] ?? ''
const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

sockets.on('connection', (downstream, request) => {
  const upstream = new WebSocket(`${upstreamOrigin}${request.url ?? '/'}`, { perMessageDeflate: false })
  forward(downstream, upstream)
  forward(upstream, downstream)
})

server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit(0))

/** Messages that come before the other side is open wait for it. */
function forward(from: WebSocket, to: WebSocket): void {
  from.on('message', (data, isBinary) => {
    if (to.readyState === WebSocket.OPEN) to.send(data, { binary: isBinary })
    else if (to.readyState === WebSocket.CONNECTING)
      to.once('open', () => to.send(data, { binary: isBinary }))
  })
  from.on('close', () => to.close())
  from.on('error', () => to.terminate())
}
