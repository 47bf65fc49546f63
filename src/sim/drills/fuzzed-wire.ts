import type { FuzzedRequest, RequestMaking } from './fuzzed-requests.ts'
import type { WirePiece, WireRequest } from './http-wire.ts'
import { refusals } from './fuzzed-gets.ts'
import { pick } from './odd-values.ts'

/** How long a body or a header may be on its way under this drill, and how long we wait for the end of one. */
export const SLOW_DEADLINE_MS = 1_000
const ANSWER_WITHIN_MS = 8_000
const crlf = '\r\n'

/** Breaks the rules of HTTP itself, all at once or slowly. */
export function brokenWire(making: RequestMaking): FuzzedRequest {
  const { random } = making
  const [kind, make] = pick(random, Object.entries(wires))
  return { kind, allowed: refusals, mayBeCutOff: true, ...make(making) }
}

/** Sends so slowly that a deadline ends it. */
export function slowWire(making: RequestMaking): FuzzedRequest {
  const [kind, make] = pick(making.random, Object.entries(slowWires))
  // Whoever sends on into an answer may find the connection gone before having read it.
  return { kind, allowed: [408], mayBeCutOff: true, wire: make(making) }
}

type Made = { readonly wire: WireRequest; readonly allowed?: readonly number[] }

const requestLines = (
  'GET|GET  /healthz HTTP/1.1|GET /healthz HTTP/9.9|GET /health z HTTP/1.1| GET / HTTP/1.1|get /healthz HTTP/1.1|' +
  'GET /healthz\0 HTTP/1.1|GET\t/healthz\tHTTP/1.1|GET /healthz HTTP/1.1 x'
).split('|')
const badHeaders = (
  'x|: y|x y: z|x: \0|x: a\rb|x\t: y|host: another| folded|content-length: -1|content-length: 1e3|' +
  'content-length: 99999999999999999999|transfer-encoding: chunked, x'
).split('|')
const chunkedBodies = (
  'zz\r\nabc\r\n|3\r\nabcd\r\n0\r\n\r\n|-1\r\n|ffffffffffffffffff\r\n|3;x=y\r\nabc\r\n0\r\n\r\n|0\r\nx: y\r\n\r\n|' +
  `3;${'x'.repeat(20_000)}\r\nabc\r\n|0\r\n`
).split('|')
const protocols =
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03|PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n|GET /|\r\n\r\n'.split('|')
const strangeTargets = '// /%zz /%00 /..%2f.. ? /twilio/%6dedia/x http://[::1]/nothing'.split(' ')

const wires: Readonly<Record<string, (making: RequestMaking) => Made>> = {
  'no HTTP': ({ random }) => once(pick(random, protocols), 'finish'),
  'odd bytes': ({ random }) =>
    once(Buffer.from(Array.from({ length: 1 + random.whole(400) }, () => random.whole(256))), 'finish'),
  'a broken request line': ({ random, host }) => ({
    // Some of these are read by Node's parser although they are not quite HTTP.
    ...once(lines(pick(random, requestLines), `host: ${host}`)),
    allowed: [200, ...refusals],
  }),
  'a broken header': ({ random, host }) => once(voice(host, pick(random, badHeaders))),
  'two lengths': ({ host }) => once(`${voice(host, 'content-length: 3', 'content-length: 4')}abcd`),
  'a length and chunks': ({ host }) =>
    once(`${voice(host, 'content-length: 3', 'transfer-encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`),
  'broken chunks': ({ random, host }) => {
    const coding = pick(random, ['chunked', 'chunked, chunked', 'gzip, chunked', 'x'])
    return once(
      voice(host, ...signed, `transfer-encoding: ${coding}`) + pick(random, chunkedBodies),
      'finish',
    )
  },
  'no host': () => once(lines('GET /twilio/voice HTTP/1.1')),
  'much of a header': ({ random, host }) =>
    once(lines('GET /healthz HTTP/1.1', `host: ${host}`, `x: ${'y'.repeat(20_000 + random.whole(200_000))}`)),
  'many headers': ({ random, host }) =>
    once(voice(host, ...Array.from({ length: 500 + random.whole(4_000) }, () => 'a: b'))),
  'a long target': ({ random, host }) =>
    once(lines(`GET /${'a'.repeat(5_000 + random.whole(60_000))} HTTP/1.1`, `host: ${host}`)),
  'a body cut off': ({ random, host }) =>
    once(
      voice(host, ...signed, 'content-length: 500') + 'a'.repeat(random.whole(500)),
      pick(random, ['finish', 'reset']),
    ),
  'a header cut off': ({ random, host }) => {
    const head = lines('GET /healthz HTTP/1.1', `host: ${host}`)
    return once(head.slice(0, 1 + random.whole(head.length - 4)), pick(random, ['finish', 'reset']))
  },
  'an expectation': ({ random, host }) =>
    once(`${voice(host, `expect: ${pick(random, ['100-continue', 'x'])}`, 'content-length: 3')}a=b`),
  'another form of target': ({ random, host }) =>
    once(lines(`GET ${pick(random, strangeTargets)} HTTP/1.1`, `host: ${host}`)),
  'many at once': ({ random, host }) => {
    const answers = 2 + random.whole(60)
    const one = lines('GET /healthz HTTP/1.1', `host: ${host}`)
    return { wire: { ...once(one.repeat(answers)).wire, answers }, allowed: [200] }
  },
  'bytes behind a refusal': ({ random, host }) =>
    once(voice(host, 'content-length: 0') + lines('GET /healthz HTTP/1.1').repeat(random.whole(200))),
}

const slowWires: Readonly<Record<string, (making: RequestMaking) => WireRequest>> = {
  'nothing is said': () => ({ pieces: [], answers: 1, withinMs: ANSWER_WITHIN_MS }),
  'a slow header': ({ host }) =>
    slowly(`GET /healthz HTTP/1.1${crlf}host: ${host}${crlf}x: ${'y'.repeat(400)}`),
  'a slow body': ({ host }) => slowly(voice(host, ...signed, 'content-length: 500') + 'a'.repeat(300)),
  'a body that stays away': ({ host }) => once(voice(host, ...signed, 'content-length: 500')).wire,
}

/** As if it were signed: the body is read before anybody can tell. */
const signed = ['content-type: application/x-www-form-urlencoded', `x-twilio-signature: ${'A'.repeat(27)}=`]

function voice(host: string, ...headers: readonly string[]): string {
  return lines('POST /twilio/voice HTTP/1.1', `host: ${host}`, ...headers)
}

/** The head of a message. */
function lines(...all: readonly string[]): string {
  return all.join(crlf) + crlf + crlf
}

function once(bytes: string | Uint8Array, atEnd: NonNullable<WireRequest['atEnd']> = 'wait'): Made {
  const piece = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  return { wire: { pieces: [{ bytes: piece }], answers: 1, atEnd, withinMs: ANSWER_WITHIN_MS } }
}

/** A few bytes at a time, for longer than the deadline. */
function slowly(text: string): WireRequest {
  const bytes = Buffer.from(text, 'latin1')
  const stepBytes = Math.ceil(bytes.length / 40)
  const pieces = Array.from({ length: 40 }, (_, step): WirePiece => ({
    bytes: bytes.subarray(step * stepBytes, (step + 1) * stepBytes),
    thenWaitMs: SLOW_DEADLINE_MS / 10,
  }))
  return { pieces, answers: 1, withinMs: ANSWER_WITHIN_MS }
}
