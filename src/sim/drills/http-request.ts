/** A header as it is sent; a name may occur twice. */
export type WireHeaders = readonly (readonly [name: string, value: string])[]

/** A request as HTTP/1.1 puts it on the wire. Nothing is added, checked or escaped. */
export function wireRequest(request: {
  readonly method: string
  readonly target: string
  readonly headers: WireHeaders
  readonly body?: Uint8Array
}): Buffer {
  const { method, target, headers, body } = request
  const head = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1')
  return body ? Buffer.concat([bytes, body]) : bytes
}

/** A body in chunks of this length. */
export function inChunks(body: Uint8Array, lengthBytes: number): Buffer {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < body.length; at += lengthBytes) {
    const chunk = body.subarray(at, at + lengthBytes)
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}
