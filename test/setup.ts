/** No test may reach the network: anything but loopback is refused before a connection is tried. */
import { Socket } from 'node:net'

function hostOf(args: readonly unknown[]): string {
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0]
  if (typeof first === 'object' && first !== null) {
    return 'host' in first && typeof first.host === 'string' ? first.host : 'localhost'
  }
  return typeof args[1] === 'string' ? args[1] : 'localhost'
}

const connect: unknown = Reflect.get(Socket.prototype, 'connect')
Reflect.set(Socket.prototype, 'connect', function guarded(this: Socket, ...args: unknown[]): unknown {
  const host = hostOf(args)
  if (!/^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) {
    throw new Error(`Test tried to reach ${host}: only loopback is allowed`)
  }
  if (typeof connect !== 'function') throw new TypeError('Cannot guard sockets: no connect to call')
  return Reflect.apply(connect, this, args) as unknown
})
