const HEAD_END = '\r\n\r\n'

/** An HTTP answer; names of headers are in lower case. */
export type HttpAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Reads the one HTTP answer that a server writes on a connection: its length is told, or it ends with the stream. */
export class ResponseReader {
  readonly #onAnswer: (answer: HttpAnswer) => void
  #bytes: Buffer = Buffer.alloc(0)
  #isAnswered = false

  constructor(onAnswer: (answer: HttpAnswer) => void) {
    this.#onAnswer = onAnswer
  }

  take(chunk: Buffer): void {
    if (this.#isAnswered) return
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    this.#read(false)
  }

  /** The server writes nothing more. */
  end(): void {
    this.#read(true)
  }

  #read(isEnd: boolean): void {
    const headEnd = this.#bytes.indexOf(HEAD_END)
    if (headEnd < 0 || this.#isAnswered) return
    const [statusLine = '', ...lines] = this.#bytes.toString('latin1', 0, headEnd).split('\r\n')
    const headers = Object.fromEntries(lines.map(fieldOf))
    const status = Number(statusLine.split(' ')[1])
    const rest = this.#bytes.subarray(headEnd + HEAD_END.length)
    const body = bodyOf(rest, { headers, status, isEnd })
    if (body === undefined) return
    this.#isAnswered = true
    this.#onAnswer({ status, headers, body: body.toString('utf8') })
  }
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

/** The whole body, or undefined while some of it is missing. */
function bodyOf(
  bytes: Buffer,
  answer: {
    readonly headers: Readonly<Record<string, string>>
    readonly status: number
    readonly isEnd: boolean
  },
): Buffer | undefined {
  const { headers, status, isEnd } = answer
  if (status === 101 || status === 204 || status === 304) return Buffer.alloc(0)
  const length = headers['content-length']
  if (length !== undefined) {
    return bytes.length >= Number(length) ? bytes.subarray(0, Number(length)) : undefined
  }
  if (headers['transfer-encoding'] === 'chunked') return chunkedBody(bytes)
  return isEnd ? bytes : undefined
}

/** Source: RFC 9112 §7.1; trailers are left out. */
function chunkedBody(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const start = lineEnd + 2
    if (bytes.length < start + length + 2) return undefined
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(bytes.subarray(start, start + length))
    at = start + length + 2
  }
}
