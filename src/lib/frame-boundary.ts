const CLOSE = 8

/**
 * Knows where in a stream of websocket frames one is: between two messages, or somewhere within. Lengths and flags are all
 * it reads, and it judges nothing.
 * Source: RFC 6455 §5.2
 */
export class FrameBoundary {
  /** Bytes of a header that has not come whole: at most 2 + 8 + 4. */
  readonly #head = new Uint8Array(14)
  #headBytes = 0
  #leftBytes = 0
  #isFragmented = false
  #isLastFrame = false
  #hasClosed = false

  /** True where the next byte begins a message, or a control frame between two. */
  isBetweenMessages(): boolean {
    return this.#leftBytes === 0 && this.#headBytes === 0 && !this.#isFragmented
  }

  /** True once a close frame is over: nothing after it counts. */
  hasClosed(): boolean {
    return this.#hasClosed
  }

  /** Goes on by these bytes. */
  pass(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#hasClosed;) {
      if (this.#leftBytes > 0) {
        const skippedBytes = Math.min(this.#leftBytes, bytes.length - at)
        at += skippedBytes
        this.#leftBytes -= skippedBytes
        this.#hasClosed = this.#isLastFrame && this.#leftBytes === 0
        continue
      }
      this.#head[this.#headBytes++] = bytes[at++] ?? 0
      if (this.#headBytes >= 2 && this.#headBytes === headerBytes(this.#head)) this.#enter()
    }
  }

  #enter(): void {
    const [first = 0] = this.#head
    const opcode = first & 0x0f
    if (opcode < CLOSE) this.#isFragmented = (first & 0x80) === 0
    this.#leftBytes = payloadBytes(this.#head)
    this.#headBytes = 0
    this.#isLastFrame = opcode === CLOSE
    this.#hasClosed = this.#isLastFrame && this.#leftBytes === 0
  }
}

function headerBytes(head: Uint8Array): number {
  const second = head[1] ?? 0
  const length = second & 0x7f
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4)
}

function payloadBytes(head: Uint8Array): number {
  const length = (head[1] ?? 0) & 0x7f
  if (length < 126) return length
  let bytes = 0
  for (let at = 2; at < (length === 126 ? 4 : 10); at++) bytes = bytes * 256 + (head[at] ?? 0)
  return bytes
}
