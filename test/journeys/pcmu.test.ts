import { expect, it } from 'vitest'
import { expectComplete, play, scenarioOf, transcriptOf, useRehearsal } from './support.ts'

const rehearsal = useRehearsal({ REALTIME_AUDIO: 'pcmu', REALTIME_TURN_DETECTION: 'semantic_vad' })

it(
  'a call with µ-law passed through and semantic turn detection is understood and answered',
  { timeout: 60_000 },
  async () => {
    const scenario = await scenarioOf(rehearsal(), 'leaves-a-message', '+14155550117')
    const { record, summary } = await play(rehearsal(), scenario)
    expect(summary.errors).toEqual([])
    expect(transcriptOf(record).slice(2)).toEqual([
      'caller: Hello, I would like to leave a message for the owner.',
      'agent: Gladly. Who is calling, and what should I pass on?',
      'caller: This is Anna from the book shop. The parcel has arrived, and it can be picked up until six.',
      'agent: I have taken that down. Is there anything else?',
      'caller: Thank you, that is all. Goodbye.',
      'agent: You are welcome. Have a nice day!',
    ])
    expectComplete(record)
    const [session] = rehearsal().world.openai.sessions
    expect(session?.refused).toEqual([])
    expect(session?.appended.every(({ format }) => format.type === 'audio/pcmu')).toBe(true)
    // Nothing was lost or doubled: what the model got is what was said, byte for byte, as far as it got.
    const heard = Buffer.concat(session?.appended.map(({ bytes }) => bytes) ?? [])
    const [stream] = summary.streams
    expect(heard.length).toBe((stream?.sentFrames ?? 0) * 160)
    expect(heard.equals(Buffer.from(summary.saidUlaw).subarray(-heard.length))).toBe(true)
  },
)
