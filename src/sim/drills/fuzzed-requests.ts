import type { Random } from '../caller/random.ts'
import { newSid } from '../twilio/call-world.ts'
import { type Fields, signRequest } from '../twilio/signature.ts'
import { anyHeader, anyText, oddCallers } from './carried-texts.ts'
import { inChunks, type WireHeaders, wireRequest } from './http-request.ts'
import type { WireRequest } from './http-wire.ts'
import {
  encodeFields,
  type SigningAccount,
  signedVoiceRequest,
  withOtherCharacter,
} from './mutated-requests.ts'
import { pick } from './odd-values.ts'

/** A request, and the statuses with which it may be answered. */
export type FuzzedRequest = {
  readonly kind: string
  readonly wire: WireRequest
  readonly allowed: readonly number[]
  /** It may also be answered with nothing but the end of its connection. */
  readonly mayBeCutOff?: true
  /** The call that it announces rightly, and that has to be hung up. */
  readonly rings?: string
}

/** What requests are made of. */
export type RequestMaking = {
  readonly account: SigningAccount
  readonly random: Random
  /** Where the server listens, for the header. */
  readonly host: string
}

const ANSWER_WITHIN_MS = 8_000
const formType = 'application/x-www-form-urlencoded'
const targets = ['voice', 'after-stream', 'status', 'stream-status', 'recording'] as const
/** A request with a good signature that says what Twilio does not say is answered with one of these. */
const READ_AND_REFUSED = [400, 403]
/** The names that decide, each of which must come once. */
const decisive = ['AccountSid', 'CallSid', 'CallStatus', 'Direction', 'To']

/** Makes a webhook, signed or not, with something wrong in its fields, its form or its frame. */
export function fuzzedWebhook(making: RequestMaking): FuzzedRequest {
  return pick(making.random, webhooks)(making)
}

const webhooks: readonly ((making: RequestMaking) => FuzzedRequest)[] = [
  brokenOffer,
  brokenOffer,
  oddCaller,
  signedReport,
  signedReport,
  signedReport,
  forged,
  forged,
  otherType,
  tooLarge,
  chunked,
]

/** A call is announced with a good signature over fields of which one that decides is wrong. */
function brokenOffer(making: RequestMaking): FuzzedRequest {
  const { account, random } = making
  const { fields } = signedVoiceRequest(account, random)
  const name = pick(random, decisive)
  const broken = pick<(fields: Fields) => Fields>(random, [
    (all) => all.filter(([each]) => each !== name),
    (all) => [...all, [name, valueOf(all, name)]],
    (all) => all.map(([each, value]) => [each, each === name ? wrongValue(value, random) : value]),
  ])(fields)
  // Direction, status and called number are words: what is no word of Twilio's may still be one.
  const isWord = ['CallStatus', 'To'].includes(name) && valueOf(broken, name) !== ''
  const isOffer = isWord && broken.filter(([each]) => each === name).length === 1
  const sid = valueOf(fields, 'CallSid')
  return {
    ...signedForm(making, {
      kind: `offer without ${name}`,
      target: 'voice',
      fields: withNoise(broken, random),
    }),
    allowed: isOffer ? [200, ...READ_AND_REFUSED] : READ_AND_REFUSED,
    ...(isOffer && { rings: sid }),
  }
}

/** A call is announced rightly, by somebody who is called anything. */
function oddCaller(making: RequestMaking): FuzzedRequest {
  const { account, random } = making
  const { fields } = signedVoiceRequest(account, random)
  const from = pick(random, oddCallers)
  const named = fields.map(([name, value]) => [name, name === 'From' ? from : value] as const)
  return {
    ...signedForm(making, { kind: 'odd caller', target: 'voice', fields: withNoise(named, random) }),
    allowed: [200, 400],
    rings: valueOf(fields, 'CallSid'),
  }
}

/** Something is reported about a call that nobody knows, with a good signature. */
function signedReport(making: RequestMaking): FuzzedRequest {
  const { account, random } = making
  const target = pick(
    random,
    targets.filter((each) => each !== 'voice'),
  )
  // Of half of the reports nothing is odd but that nobody knows their call.
  const oddEvery = pick(random, [2, 6, 1e9, 1e9])
  const fields: Fields = [
    ['AccountSid', account.accountSid],
    ['CallSid', newSid(random, 'CA')],
    ['StreamSid', `MZ${random.hex(32)}`],
    ...Object.entries(reportValues).map(([name, values]) => [name, pick(random, values)] as const),
  ]
  const odd = fields
    .filter(() => random.whole(oddEvery) > 0)
    .map(([name, value]) => [name, random.whole(oddEvery) === 0 ? anyText(random) : value] as const)
  const allowed = target === 'after-stream' ? [200, ...READ_AND_REFUSED] : [204, ...READ_AND_REFUSED]
  return { ...signedForm(making, { kind: `report to ${target}`, target, fields: odd }), allowed }
}

/** Nobody signed this, or somebody else did, or something else. */
function forged(making: RequestMaking): FuzzedRequest {
  const { account, random } = making
  const { fields, signature } = signedVoiceRequest(account, random)
  const target = `/twilio/${pick(random, targets)}`
  const other = pick(random, [
    withOtherCharacter(signature, random),
    '',
    anyHeader(random),
    signRequest('', account.publicUrl + target, fields),
    signRequest(account.authToken, `${account.publicUrl}${target}/`, fields),
  ])
  const body = pick(random, [encodeFields(fields), anyText(random), '%', '&&&', '='.repeat(300), ''])
  return {
    kind: 'forged',
    wire: post(making, { target, signature: other, body: Buffer.from(body) }),
    allowed: [403],
  }
}

/** The form is right and called something else. */
function otherType(making: RequestMaking): FuzzedRequest {
  const { account, random } = making
  const { fields, signature } = signedVoiceRequest(account, random)
  const headers = pick<WireHeaders>(random, [
    [['content-type', 'application/json']],
    [['content-type', 'multipart/form-data; boundary=x']],
    [['content-type', '']],
    [['content-type', anyHeader(random)]],
    [],
    [
      ['content-type', formType],
      ['content-encoding', pick(random, ['gzip', 'br', 'identity', 'x'])],
    ],
  ])
  return {
    kind: 'other type',
    wire: post(making, {
      target: '/twilio/voice',
      signature,
      body: Buffer.from(encodeFields(fields)),
      headers,
    }),
    allowed: [415],
  }
}

/** More than a webhook may have, or said to be more. */
function tooLarge(making: RequestMaking): FuzzedRequest {
  const { account, random } = making
  const fields: Fields = [
    ['AccountSid', account.accountSid],
    ['Body', 'x'.repeat(65_536 + random.whole(200_000))],
  ]
  const request = signedForm(making, { kind: 'too large', target: 'status', fields })
  return random.whole(2) === 0
    ? { ...request, allowed: [413], mayBeCutOff: true }
    : {
        ...chunkedOf(making, { target: 'status', fields }),
        kind: 'too large, in chunks',
        allowed: [413],
        mayBeCutOff: true,
      }
}

/** In chunks, of any size. */
function chunked(making: RequestMaking): FuzzedRequest {
  const { account, random } = making
  const fields: Fields = [
    ['AccountSid', account.accountSid],
    ['CallSid', newSid(random, 'CA')],
    ['CallStatus', 'completed'],
  ]
  return { ...chunkedOf(making, { target: 'status', fields }), kind: 'in chunks', allowed: [204] }
}

function signedForm(
  making: RequestMaking,
  form: { readonly kind: string; readonly target: string; readonly fields: Fields },
): Pick<FuzzedRequest, 'kind' | 'wire'> {
  const { account } = making
  const target = `/twilio/${form.target}`
  const signature = signRequest(account.authToken, account.publicUrl + target, form.fields)
  const body = Buffer.from(encodeFields(form.fields))
  return { kind: form.kind, wire: post(making, { target, signature, body }) }
}

function chunkedOf(
  { account, random, host }: RequestMaking,
  form: { readonly target: string; readonly fields: Fields },
): Pick<FuzzedRequest, 'wire'> {
  const target = `/twilio/${form.target}`
  const signature = signRequest(account.authToken, account.publicUrl + target, form.fields)
  const body = Buffer.from(encodeFields(form.fields))
  const headers: WireHeaders = [
    ['host', host],
    ['content-type', formType],
    ['transfer-encoding', 'chunked'],
    ['x-twilio-signature', signature],
  ]
  const bytes = wireRequest({
    method: 'POST',
    target,
    headers,
    body: inChunks(body, 1 + random.whole(body.length > 60_000 ? 9_000 : 80)),
  })
  return { wire: { pieces: [{ bytes }], answers: 1, withinMs: ANSWER_WITHIN_MS } }
}

function post(
  { host }: RequestMaking,
  request: {
    readonly target: string
    readonly signature: string
    readonly body: Buffer
    readonly headers?: WireHeaders
  },
): WireRequest {
  const headers: WireHeaders = [
    ['host', host],
    ...(request.headers ?? [['content-type', formType] as const]),
    ['content-length', `${request.body.length}`],
    ...(request.signature === '' ? [] : [['x-twilio-signature', request.signature] as const]),
  ]
  const bytes = wireRequest({ method: 'POST', target: request.target, headers, body: request.body })
  return { pieces: [{ bytes }], answers: 1, withinMs: ANSWER_WITHIN_MS }
}

/** What Twilio may say under these names, and what it does not. */
const reportValues: Readonly<Record<string, readonly string[]>> = {
  CallStatus: ['completed', 'in-progress', 'busy', 'no-answer', 'another-word'],
  SequenceNumber: ['0', '7', '999999999'],
  CallDuration: ['0', '17', '14400'],
  ErrorCode: ['', '0', '31920'],
  StreamEvent: ['stream-started', 'stream-stopped', 'stream-error'],
  StreamError: ['31920 - handshake', 'wss://h/twilio/media/abc failed', '<b>&amp;'],
  DialCallStatus: ['completed', 'answered', 'busy', 'no-answer', 'failed', 'canceled'],
  RecordingSid: [`RE${'0a'.repeat(16)}`],
  RecordingDuration: ['0', '12'],
  RecordingStatus: ['completed', 'absent', 'failed'],
  RecordingUrl: ['https://api.example.org/x?y=z'],
  Timestamp: ['Thu, 19 Nov 2026 10:00:00 +0000'],
}

/** Further fields, which mean nothing, and another order of all. */
function withNoise(fields: Fields, random: Random): Fields {
  const noise = Array.from(
    { length: random.whole(4) },
    (_, index) => [`Extra${index}${anyText(random).slice(0, 20)}`, anyText(random)] as const,
  )
  return [...fields, ...noise].toSorted(() => random.next() - 0.5)
}

function wrongValue(value: string, random: Random): string {
  return pick(random, [
    '',
    ' ',
    `${value} `,
    value.slice(1),
    `${value}\n`,
    `${value}\u0000`,
    '-',
    'x'.repeat(300),
  ])
}

function valueOf(fields: Fields, name: string): string {
  return fields.find(([each]) => each === name)?.[1] ?? ''
}
