import { scenarioFrom } from '../scenario.ts'
import { type LimitCase, wholeRecordOf } from './limit-case.ts'

const CALLER = '+14155550199'
/** Sixteen seconds of sound in one event, and as many of them in a reply as are sent ahead of the sound at most. */
const DELTA_BYTES = 1_000_000
const DELTAS = 17
const REPLIES = 4
const REPLY_MS = 20_000
const OVER_WITHIN_MS = 20_000

/**
 * A telephone network that goes on sending and reads nothing any more, while a model speaks much faster than sound.
 * What lies unread beyond 1 MiB ends the stream, and the call with it. The kernels of both sides take some megabytes
 * before that, more than one reply has: the caller interrupts and lets the model begin anew.
 */
export const slowListenerCase: LimitCase = {
  name: 'slowReader',
  side: 'media',
  must: 'over as soon as 1 MiB lies unread, within 15 s; the call is ended',
  run: async (scene) => {
    const { world, clock, seed } = scene
    const faults = Array.from({ length: REPLIES }, (_, reply) =>
      Array.from(
        { length: DELTAS },
        (__, delta) =>
          ({
            kind: 'hugeDelta',
            messageBytes: DELTA_BYTES,
            duringReply: { reply: reply + 1, audioMs: 2_000 + 400 * delta },
          }) as const,
      ),
    ).flat()
    const reply = { say: 'A long story.', audioMs: REPLY_MS }
    const interrupt = [
      { do: 'noise', ms: 500, dbfs: -20 },
      { do: 'pause', ms: 4_000 },
    ] as const
    const ring = await world.ring(
      scenarioFrom({
        name: 'drill-limit-slow-reader',
        about: 'The media socket of a call is not read any more.',
        seed,
        call: { from: CALLER },
        caller: {
          steps: [
            { do: 'waitForReply', ms: 500 },
            { do: 'waitForQuiet', ms: 700 },
            { do: 'stopReading' },
            ...Array.from({ length: REPLIES }, () => interrupt).flat(),
            { do: 'waitForEnd', withinMs: 30_000 },
          ],
        },
        model: { hears: [], replies: Array.from({ length: REPLIES }, () => reply), faults },
      }),
    )
    const { summary } = await ring.ended
    const struckMs = ring.faults().find(({ fault }) => fault === 'stopReading')?.atMs ?? Number.NaN
    const tookMs = clock.nowMs() - struckMs
    const record = await wholeRecordOf(scene, ring.call.sid)
    const reason = record?.streams[0]?.endReason
    return {
      saw: `stream ended for ${reason}, call for ${record?.call.ending}`,
      tookMs,
      troubles: [
        ...(reason === 'backpressure' ? [] : [`the stream ended for ${reason}`]),
        ...(tookMs <= OVER_WITHIN_MS ? [] : [`over after ${Math.round(tookMs)} ms`]),
        ...summary.errors,
        ...(record ? [] : ['its record is not complete']),
      ],
    }
  },
}
