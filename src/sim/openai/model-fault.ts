import { z } from 'zod'
import { wireForms } from '../wire-forms.ts'

const milliseconds = z.number().min(0).max(3_600_000)

/** Which session of this caller a fault meets, 1 for the first: that is "once". Unset it meets every one: "always". */
const session = z.int().min(1).optional()

/** When a fault strikes: exactly one of the two. */
const moment = {
  session,
  /** Counted from session.created. */
  afterMs: milliseconds.optional(),
  /** As soon as so much audio of the n-th of the script's replies has been sent; 0 is at response.created. */
  duringReply: z.strictObject({ reply: z.int().min(1), audioMs: milliseconds }).optional(),
}

const closeCode = z.int().min(1000).max(4999)

/** Messages that no server should send. */
export const garbageForms = [
  'notJson',
  'truncatedJson',
  'missingType',
  'wrongTypes',
  'binaryFrame',
  'invalidUtf8',
  'unknownEvent',
  'badBase64',
  'oddBytes',
  'hugeNumbers',
  'unknownResponse',
  'unknownItem',
] as const

const handshakeFaults = [
  /** The upgrade is refused over HTTP. */
  z.strictObject({
    kind: z.literal('refuseHandshake'),
    session,
    status: z.enum(['401', '403', '404', '429', '500', '502', '503', '504']),
    code: z.string().optional(),
  }),
  /** The upgrade is never answered; the connection stays open. */
  z.strictObject({ kind: z.literal('silentHandshake'), session }),
  /** The upgrade is answered so late, whatever the script says of others. */
  z.strictObject({ kind: z.literal('slowHandshake'), session, delayMs: milliseconds }),
] as const

const endingFaults = [
  /** The connection ends: with a close frame when there is a code, else as if the wire were cut. */
  z.strictObject({
    kind: z.literal('dropSession'),
    ...moment,
    closeCode: closeCode.optional(),
    closeReason: z.string().max(120).optional(),
  }),
  /** The connection is reset (TCP RST). */
  z.strictObject({ kind: z.literal('resetSession'), ...moment }),
  /** This side of the connection ends (TCP FIN) without a close frame. */
  z.strictObject({ kind: z.literal('endSession'), ...moment }),
  /** No further event comes and none is answered; the socket stays open and answers pings. */
  z.strictObject({ kind: z.literal('stall'), ...moment }),
  /** The other end is gone without a word: nothing is read, sent or answered any more, no ping either. */
  z.strictObject({ kind: z.literal('halfOpen'), ...moment }),
  /** An account that can no longer be served: an error event with this code, then close 4000. */
  z.strictObject({
    kind: z.literal('fatalError'),
    ...moment,
    code: z.enum([
      'insufficient_quota',
      'billing_hard_limit_reached',
      'account_deactivated',
      'invalid_api_key',
    ]),
  }),
] as const

const passingFaults = [
  /** An error event of type server_error; the session lives on. */
  z.strictObject({ kind: z.literal('serverError'), ...moment, message: z.string().optional() }),
  /** Messages that make no sense, one after another; the session lives on. */
  z.strictObject({
    kind: z.literal('garbage'),
    ...moment,
    form: z.enum(garbageForms),
    count: z.int().min(1).max(10_000).optional(),
  }),
  /** Frames that break the rules of websockets, or ours. */
  z.strictObject({ kind: z.literal('brokenFrames'), ...moment, form: z.enum(wireForms) }),
  /** One event with audio, so long that its message has about so many bytes; the rest of the reply follows. */
  z.strictObject({
    kind: z.literal('hugeDelta'),
    ...moment,
    messageBytes: z.int().min(1_000).max(16_777_216),
  }),
  /** Events as fast as the socket takes them, 20,000 when unset. */
  z.strictObject({
    kind: z.literal('flood'),
    ...moment,
    count: z.int().min(1).max(1_000_000).optional(),
    /** Rate limits that say nothing new (when unset), events nobody knows, or 20 ms of audio each. */
    of: z.enum(['rateLimits', 'unknownEvents', 'audio']).optional(),
  }),
] as const

const anyFault = z.discriminatedUnion('kind', [
  ...handshakeFaults,
  ...endingFaults,
  ...passingFaults,
  /** Replies from that number on (1 is the first) are swallowed: neither created nor refused. */
  z.strictObject({ kind: z.literal('noReply'), from: z.int().min(1), count: z.int().min(1).optional() }),
])

/** Something that goes wrong on purpose. */
export type ModelFault = z.infer<typeof anyFault>

/** A fault as a script asks for it. */
export const modelFaultSchema = anyFault.refine(
  (fault) => !isMomentary(fault) || (fault.afterMs === undefined) !== (fault.duringReply === undefined),
  { error: 'A fault has either afterMs or duringReply' },
)

/** A fault that strikes at a moment of a session. */
export type MomentaryFault = z.infer<(typeof endingFaults)[number] | (typeof passingFaults)[number]>

/** One sort of message that no server should send. */
export type GarbageForm = (typeof garbageForms)[number]

/** What the log calls a fault: its kind, or that of a reply or a transcript that a script spoils. */
export type StruckFault =
  | ModelFault['kind']
  | 'neverEnds'
  | 'dropInReply'
  | 'failedReply'
  | 'lateTranscript'
  | 'noTranscript'
  | 'failedTranscript'

/** Tells whether a fault strikes at a moment of a session, and not at its handshake or in place of a reply. */
export function isMomentary(fault: { readonly kind: ModelFault['kind'] }): fault is MomentaryFault {
  switch (fault.kind) {
    case 'refuseHandshake':
    case 'silentHandshake':
    case 'slowHandshake':
    case 'noReply':
      return false
    case 'dropSession':
    case 'resetSession':
    case 'endSession':
    case 'brokenFrames':
    case 'stall':
    case 'halfOpen':
    case 'fatalError':
    case 'serverError':
    case 'garbage':
    case 'hugeDelta':
    case 'flood':
      return true
  }
}
