import { z } from 'zod'
import type { TextStatusUpdate } from '../ports/effect-callbacks.ts'
import type {
  CallOffer,
  CallStatus,
  CallStatusUpdate,
  NetworkReport,
  RecordingUpdate,
  StreamStatusUpdate,
} from '../ports/incoming-calls.ts'
import { parseForm } from './form.ts'
import type { Form } from './form.ts'
import { cleanText } from './twiml.ts'

const callSid = z.string().regex(/^CA[0-9a-f]{32}$/)
const streamSid = z.string().regex(/^MZ[0-9a-f]{32}$/)
// E.164, words, client:…, sip:… or nothing. What it means is decided where actors are; here it is only bounded.
const party = z
  .string()
  .max(256)
  .regex(/^\P{Cc}*$/u)
const word = z.string().regex(/^[A-Za-z-]{1,64}$/)
const count = z
  .string()
  .regex(/^[0-9]{1,9}$/)
  .transform(Number)
const callStatuses: readonly string[] = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'no-answer',
  'failed',
  'canceled',
] satisfies readonly CallStatus[]
const streamEvents: readonly string[] = [
  'stream-started',
  'stream-stopped',
  'stream-error',
] satisfies readonly StreamStatusUpdate['event'][]

const voiceFields = z.object({
  CallSid: callSid,
  From: party.default(''),
  To: party.min(1),
  CallStatus: word,
  Direction: z.enum(['inbound', 'outbound-api', 'outbound-dial']),
  StirVerstat: z.string().max(128).optional(),
})

const recordingSid = z.string().regex(/^RE[0-9a-f]{32}$/)

const afterStreamFields = z.object({
  CallSid: callSid,
  DialCallStatus: word.optional(),
  RecordingSid: recordingSid.optional(),
  RecordingDuration: count.optional(),
})

const recordingFields = z.object({
  CallSid: callSid,
  RecordingSid: recordingSid,
  RecordingStatus: word,
  RecordingDuration: count.default(0),
})

const statusFields = z.object({
  CallSid: callSid,
  CallStatus: word,
  SequenceNumber: count.optional(),
  CallDuration: count.optional(),
  ErrorCode: z
    .string()
    .regex(/^[0-9]{0,6}$/)
    .optional(),
})

const textStatusFields = z.object({
  MessageSid: z.string().regex(/^(SM|MM)[0-9a-f]{32}$/),
  // With an underscore there is one: partially_delivered.
  MessageStatus: z.string().regex(/^[A-Za-z_-]{1,64}$/),
  ErrorCode: z
    .string()
    .regex(/^[0-9]{0,6}$/)
    .optional(),
})

/** Source: Twilio, "Message status values" */
const textStatuses: ReadonlyMap<string, TextStatusUpdate['status']> = new Map([
  ['accepted', 'accepted'],
  ['scheduled', 'accepted'],
  ['queued', 'accepted'],
  ['sending', 'accepted'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['undelivered', 'undelivered'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
])

const streamStatusFields = z.object({
  CallSid: callSid,
  StreamSid: streamSid,
  StreamEvent: word,
  StreamError: z.string().max(4_096).optional(),
})

const ownReference = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

/**
 * The offer in a voice webhook, or undefined where a field that we use is not of its form. Other fields are part of
 * the signature and otherwise ignored, because Twilio adds new ones without notice.
 * @param target the raw request target; its query may carry the `ref` of a call of ours
 */
export function callOfferOf(form: Form, target: string): CallOffer | undefined {
  const fields = voiceFields.safeParse(firstValues(form))
  const reference = referenceOf(target)
  if (!fields.success || reference === 'malformed') return undefined
  const { CallSid, From, To, Direction, StirVerstat } = fields.data
  return {
    callSid: CallSid,
    from: From,
    to: To,
    direction: Direction === 'inbound' ? 'inbound' : 'outbound',
    ...(StirVerstat === undefined ? {} : { stirVerstat: StirVerstat }),
    ...(reference === undefined ? {} : { ref: reference.ref }),
  }
}

/** What the request of an `action` tells, or undefined where a field is not of its form. */
export function afterStreamOf(
  form: Form,
): { readonly callSid: string; readonly report: NetworkReport } | undefined {
  const { data } = afterStreamFields.safeParse(firstValues(form))
  if (!data) return undefined
  const { CallSid, DialCallStatus, RecordingSid, RecordingDuration = 0 } = data
  // A dialled leg that was recorded would tell of a recording too; a message is one that no person answered.
  const isMessage = RecordingSid !== undefined && DialCallStatus === undefined
  return {
    callSid: CallSid,
    report: {
      ...(DialCallStatus !== undefined && { dialStatus: DialCallStatus }),
      ...(isMessage && { recording: { recordingSid: RecordingSid, durationSeconds: RecordingDuration } }),
    },
  }
}

/** A recording that is ready, `notReady` for any other word about one, undefined where a field is not of its form. */
export function recordingOf(form: Form): RecordingUpdate | 'notReady' | undefined {
  const { data } = recordingFields.safeParse(firstValues(form))
  if (!data) return undefined
  if (data.RecordingStatus !== 'completed') return 'notReady'
  return {
    callSid: data.CallSid,
    recordingSid: data.RecordingSid,
    durationSeconds: data.RecordingDuration,
  }
}

/**
 * The update in a call status callback, or undefined where a field is not of its form.
 * @param target the raw request target; its query may carry the `ref` of a call of ours
 */
export function callStatusOf(form: Form, target = ''): CallStatusUpdate | undefined {
  const { data } = statusFields.safeParse(firstValues(form))
  const reference = referenceOf(target)
  if (!data || reference === 'malformed') return undefined
  return {
    callSid: data.CallSid,
    status: callStatusNamed(data.CallStatus),
    ...(data.SequenceNumber === undefined ? {} : { sequenceNumber: data.SequenceNumber }),
    ...(data.CallDuration === undefined ? {} : { durationSeconds: data.CallDuration }),
    ...(data.ErrorCode ? { errorCode: data.ErrorCode } : {}),
    ...reference,
  }
}

/** The update in the status callback of a text message, or undefined where a field is not of its form. */
export function textStatusOf(form: Form, target: string): TextStatusUpdate | undefined {
  const { data } = textStatusFields.safeParse(firstValues(form))
  const reference = referenceOf(target)
  if (!data || reference === 'malformed') return undefined
  return {
    messageSid: data.MessageSid,
    status: textStatuses.get(data.MessageStatus) ?? 'unknown',
    ...(data.ErrorCode ? { errorCode: data.ErrorCode } : {}),
    ...reference,
  }
}

/** The update in a stream status callback, or undefined where a field is not of its form. */
export function streamStatusOf(form: Form): StreamStatusUpdate | undefined {
  const { data } = streamStatusFields.safeParse(firstValues(form))
  if (!data) return undefined
  return {
    callSid: data.CallSid,
    streamSid: data.StreamSid,
    event: isStreamEvent(data.StreamEvent) ? data.StreamEvent : 'unknown',
    ...(data.StreamError ? { error: withoutUrls(data.StreamError) } : {}),
  }
}

function firstValues(form: Form): Record<string, string> {
  // No prototype: a field may be called __proto__.
  const values = Object.create(null) as Record<string, string>
  for (const [name, [value]] of form) if (value !== undefined) values[name] = value
  return values
}

function referenceOf(target: string): { readonly ref: string } | 'malformed' | undefined {
  const question = target.indexOf('?')
  if (question < 0) return undefined
  const values = parseForm(Buffer.from(target.slice(question + 1)))?.get('ref')
  if (!values) return undefined
  const [ref] = values
  return values.length === 1 && ref !== undefined && ownReference.safeParse(ref).success
    ? { ref }
    : 'malformed'
}

/** The state of a call by Twilio's word for it. */
export function callStatusNamed(name: string): CallStatus {
  return isCallStatus(name) ? name : 'unknown'
}

function isCallStatus(text: string): text is CallStatus {
  return callStatuses.includes(text)
}

function isStreamEvent(text: string): text is StreamStatusUpdate['event'] {
  return streamEvents.includes(text)
}

/** Twilio's words about a socket may quote its URL, and the URL holds the nonce. */
function withoutUrls(text: string): string {
  return cleanText(text)
    .replace(/\b(wss?|https?):\/\/\S*/gi, '[url]')
    .replace(/\/twilio\/media\S*/gi, '[path]')
    .slice(0, 200)
}
