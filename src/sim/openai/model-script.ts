import { z } from 'zod'
import { modelFaultSchema } from './model-fault.ts'

const longestMs = 3_600_000
const milliseconds = z.number().min(0).max(longestMs)
const closeCode = z.int().min(1000).max(4999)

const callSchema = z.strictObject({
  name: z.string().min(1).max(64),
  /** A text is sent as it is, so that a script can write arguments that are not JSON. */
  arguments: z.union([z.record(z.string(), z.unknown()), z.string().max(65_536)]),
})

const replySchema = z
  .strictObject({
    /** What is said; its words become the transcript. */
    say: z.string().max(8000).optional(),
    /** Name of a recording to say it with; the provider of speech knows it. */
    clip: z.string().max(200).optional(),
    /** Length of the speech, cut or padded with silence to it. */
    audioMs: z.int().min(20).max(600_000).optional(),
    /** Pause between response.created and the first output. */
    thinkMs: milliseconds.optional(),
    calls: z.array(callSchema).min(1).max(16).optional(),
    /** Spoken before the calls, as models of the 2.x line do; stands in for `say`. */
    preamble: z.string().max(8000).optional(),
    /** `incomplete` runs out of tokens, `filtered` into the content filter, `cancelled` is a whim of the server. */
    ends: z.enum(['completed', 'failed', 'incomplete', 'filtered', 'cancelled']).optional(),
    /** How much speech comes before an end other than `completed`; half of it when unset. */
    endsAfterMs: milliseconds.optional(),
    error: z
      .strictObject({ type: z.string(), code: z.string().optional(), message: z.string().optional() })
      .optional(),
    /** The response is created and then nothing follows, not even an end. */
    never: z.literal(true).optional(),
    /** The connection breaks after that much speech: without a close frame, or with `closeCode`. */
    dropAfterMs: milliseconds.optional(),
    closeCode: closeCode.optional(),
    closeReason: z.string().max(120).optional(),
  })
  .refine((reply) => !(reply.say !== undefined && reply.preamble !== undefined), {
    error: 'A reply has either say or preamble',
  })

/** Shape of a script, for scripts that come from a file. */
export const modelScriptSchema = z.strictObject({
  /** Chance of this caller's sessions; drawn from the server's when unset. */
  seed: z.int().min(0).optional(),
  /** How long messages are under way, where there is no network that decides it. */
  delays: z.strictObject({ toServerMs: milliseconds, toClientMs: milliseconds }).optional(),
  /** A session ends when it is so old; as the server's do when unset. */
  lastsMs: z.number().min(1_000).max(longestMs).optional(),
  /** Delay before the upgrade is answered. */
  handshakeMs: milliseconds.optional(),
  /** Delay before a session.update is worked on; what comes after it waits behind it. */
  updateMs: milliseconds.optional(),
  transcription: z
    .strictObject({
      /** Where the transcript of a turn comes in relation to the response that follows the turn. */
      when: z.enum(['before', 'during', 'after', 'never', 'failed']),
      /** Added to that moment. */
      delayMs: milliseconds.optional(),
    })
    .optional(),
  /** Transcript of the n-th caller turn; used up, turns are transcribed as an empty text. */
  hears: z.array(z.string().max(8000)).max(1000),
  /** The n-th response in the default conversation; used up, a stock sentence is said. */
  replies: z.array(replySchema).max(1000),
  /** Deviations of the n-th response that was told what to say word for word; null obeys. */
  exactReplies: z.array(replySchema.nullable()).max(1000).optional(),
  /** The n-th response outside the conversation. */
  sideReplies: z.array(replySchema).max(1000).optional(),
  faults: z.array(modelFaultSchema).max(100).optional(),
  /** Fields and events that the real server sends only at times; `sometimes` when unset. */
  extras: z.enum(['always', 'sometimes', 'never']).optional(),
})

/** What the fake model hears, says and does wrong towards one caller, over all of that caller's sessions. */
export type ModelScript = z.infer<typeof modelScriptSchema>
/** One response of the fake model. */
export type ModelReply = z.infer<typeof replySchema>
