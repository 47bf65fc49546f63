import { describe, expect, it } from 'vitest'
import { SessionRecord } from '../../../src/sim/openai/session-record.ts'

describe('SessionRecord', () => {
  it('says how much audio it keeps, which is none after it was let go of', () => {
    const record = new SessionRecord({ sessionNumber: 1, model: 'gpt-realtime-2.1' }, 0)
    const format = { type: 'audio/pcmu' } as const
    record.addAudio(format, { atMs: 0, bytes: new Uint8Array(1_600) })
    expect(record.keptAudioMs()).toBe(200)
    record.dropAudio()
    record.addAudio(format, { atMs: 0, bytes: new Uint8Array(800) })
    expect(record.keptAudioMs()).toBe(0)
    expect(record.appendedMs).toBe(300)
  })
})
