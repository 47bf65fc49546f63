import { z } from 'zod'

/** What drills read of a call's record. Written down here anew: the world shares no shapes with the product. */
const callRecord = z.object({
  call: z.object({
    status: z.string(),
    startedAtMs: z.number(),
    endedAtMs: z.number().optional(),
    ending: z.string().optional(),
  }),
  streams: z.array(z.object({ endedAtMs: z.number().optional(), endReason: z.string().optional() })),
  sessions: z.array(z.object({ endedAtMs: z.number().optional() })),
  turns: z.array(
    z.object({
      seq: z.number(),
      speaker: z.string(),
      text: z.string(),
      source: z.string(),
      interrupted: z.boolean(),
      heardMs: z.number().optional(),
    }),
  ),
})

/** A call as the server has recorded it. */
export type CallRecord = z.infer<typeof callRecord>

/** Reads what a server has recorded about a call; undefined when there is none, or it is of another shape. */
export function readCallRecord(record: object | undefined): CallRecord | undefined {
  return callRecord.safeParse(record).data
}

/** Whether a record is closed and whole: an ending, no open stream or session, and turns without a gap. */
export function isComplete({ call, streams, sessions, turns }: CallRecord): boolean {
  const closed = [call, ...streams, ...sessions].every(({ endedAtMs }) => endedAtMs !== undefined)
  return closed && call.ending !== undefined && turns.every(({ seq }, index) => seq === index)
}
