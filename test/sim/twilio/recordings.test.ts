import { describe, expect, it } from 'vitest'
import { Recordings } from '../../../src/sim/twilio/recordings.ts'

const recording = (sid: string, callSid: string) => ({
  sid,
  callSid,
  ulaw: new Uint8Array(8),
  startWallMs: 0,
})

describe('Recordings', () => {
  it('forgets the oldest when there are too many', () => {
    const recordings = new Recordings(2)
    for (const sid of ['RE1', 'RE2', 'RE3']) recordings.add(recording(sid, 'CA1'))
    expect(['RE1', 'RE2', 'RE3'].map((sid) => recordings.find(sid)?.sid)).toEqual([undefined, 'RE2', 'RE3'])
  })

  it('lets go of those of calls that are over', () => {
    const recordings = new Recordings(9)
    recordings.add(recording('RE1', 'CA1'))
    recordings.add(recording('RE2', 'CA2'))
    recordings.keepOnly(new Set(['CA2']))
    expect(['RE1', 'RE2'].map((sid) => recordings.find(sid)?.sid)).toEqual([undefined, 'RE2'])
  })
})
