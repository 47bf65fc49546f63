import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/sim/caller/random.ts'
import { dtmfTone, noise, SILENCE } from '../../../src/sim/caller/sounds.ts'
import { judgeUplink, type UplinkCall } from '../../../src/sim/drills/judge-uplink.ts'
import { SessionRecord } from '../../../src/sim/openai/session-record.ts'

const FRAME_BYTES = 160
const FRAME_MS = 20
const UPLINK_MS = 30
const random = seededRandom(1)

const silence = (frames: number) => new Uint8Array(frames * FRAME_BYTES).fill(SILENCE)
const words = (frames: number) => noise({ random, durationMs: frames * FRAME_MS, dbfs: -20 })
/** Five frames, the same ones each time. */
const key = dtmfTone('5')

/** What was said from the answer on, and which of its frames each session was given and when it fell deaf. */
function called(
  said: readonly Uint8Array[],
  heard: readonly { readonly from: number; readonly to: number; readonly deafAtMs: number }[],
): UplinkCall {
  const saidUlaw = Buffer.concat(said)
  const saidFrames = saidUlaw.length / FRAME_BYTES
  const sessions = heard.map(({ from, to, deafAtMs }, index) => {
    const record = new SessionRecord({ sessionNumber: index + 1, model: 'gpt-realtime-2.1' }, from * FRAME_MS)
    for (let frame = from; frame < to; frame++) {
      const bytes = saidUlaw.subarray(frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES)
      record.addAudio({ type: 'audio/pcmu' }, { atMs: frame * FRAME_MS + UPLINK_MS, bytes })
    }
    record.deafAtMs = deafAtMs
    return record
  })
  return {
    summary: {
      saidUlaw,
      answeredAtMs: 0,
      streams: [{ firstFrameAtMs: 0, saidFrames, endedAtMs: undefined }],
    },
    sessions,
    faults: [],
    fates: [],
    openai: sessions.map(({ connection: { sessionNumber }, openedAtMs: atMs }) => ({
      kind: 'server',
      type: 'session.updated',
      event: {},
      sessionNumber,
      atMs,
    })),
    uplinkMs: UPLINK_MS,
    modelRoundMs: 50,
  }
}

describe('judgeUplink()', () => {
  it('finds nothing when each session goes on where the one before broke off', () => {
    const call = called(
      [silence(5), words(20)],
      [
        { from: 0, to: 12, deafAtMs: 270 },
        { from: 12, to: 25, deafAtMs: 900 },
      ],
    )
    expect(judgeUplink(call)).toEqual({ problems: [], droppedMs: 0 })
  })

  it('tells of frames that fell between two sessions, and of those that none was given', () => {
    const said = [silence(5), words(20)]
    const gap = called(said, [
      { from: 0, to: 12, deafAtMs: 270 },
      { from: 15, to: 25, deafAtMs: 900 },
    ])
    expect(judgeUplink(gap).problems).toEqual(['3 frames between two sessions were lost'])
    const late = called(said, [{ from: 0, to: 12, deafAtMs: 400 }])
    expect(judgeUplink(late).problems).toEqual(['7 frames did not reach the model before its session ended'])
  })

  it('asks nothing of a session that took nothing in any more', () => {
    expect(judgeUplink(called([words(25)], [{ from: 0, to: 12, deafAtMs: 270 }])).problems).toEqual([])
  })

  it('takes a sound that was made twice for the one that had been made by then', () => {
    const call = called(
      [words(10), key, silence(10), words(10), key, silence(5)],
      [
        { from: 0, to: 9, deafAtMs: 220 },
        { from: 9, to: 16, deafAtMs: 360 },
        { from: 16, to: 45, deafAtMs: 2_000 },
      ],
    )
    expect(judgeUplink(call).problems).toEqual([])
    // Nothing of the last frame of words: the key alone says where the session began.
    const begun = called(
      [words(10), key, silence(10), words(10), key, silence(5)],
      [
        { from: 0, to: 10, deafAtMs: 230 },
        { from: 10, to: 16, deafAtMs: 360 },
        { from: 16, to: 45, deafAtMs: 2_000 },
      ],
    )
    expect(judgeUplink(begun).problems).toEqual([])
  })
})
