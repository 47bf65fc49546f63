import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a server that can be broken, and mended again. */
export type BreakableLine = AsyncDisposable & {
  /** The address of the server, by this way. */
  readonly url: string
  /** Cuts what is connected, and whatever tries to be. */
  break(): void
  mend(): void
}

/** Puts a line before the server of a URL, on a port of its own. */
export async function breakableLine(to: string): Promise<BreakableLine> {
  const { hostname, port } = new URL(to)
  const sockets = new Set<Socket>()
  let isBroken = false
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const listener = createServer((near) => {
    if (isBroken) {
      near.destroy()
      return
    }
    const far = connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = new URL(to)
  url.port = String((listener.address() as AddressInfo).port)
  return {
    url: url.href,
    break: () => {
      isBroken = true
      cutAll()
    },
    mend: () => {
      isBroken = false
    },
    [Symbol.asyncDispose]: async () => {
      listener.close()
      cutAll()
      await once(listener, 'close')
    },
  }
}
