import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { CallMedia } from '../../src/call/media.ts'
import { Playback } from '../../src/call/playback.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { Line } from './support/line.ts'

const nothing = () => undefined

function start() {
  const clock = new VirtualClock()
  const sounding: string[] = []
  const playback = new Playback({ onFirstHeard: nothing, onUtteranceHeard: nothing, onReplyStalled: nothing })
  const media = new CallMedia({
    engine: createAudioEngine({ kind: 'integer' }),
    mode: 'pcm24k',
    playback,
    heldAudioMs: 20_000,
    nowMs: () => clock.nowMs(),
    listener: { onCallerPaused: () => undefined, onReplySounding: ({ itemId }) => sounding.push(itemId) },
  })
  const hear = (bytes: number) =>
    media.onReplyAudio({ responseId: 'resp_1', itemId: 'item_1', bytes: new Uint8Array(bytes) })
  return { playback, line: new Line(clock, () => undefined), sounding, hear }
}

describe('CallMedia', () => {
  it('onReplyAudio() tells of the first audio that was sent, not of what had no stream to go to', () => {
    const { playback, line, sounding, hear } = start()
    hear(9_600)
    expect(sounding).toEqual([])
    playback.attach(line)
    hear(9_600)
    hear(9_600)
    expect(sounding).toEqual(['item_1'])
  })

  it('onReplyAudio() tells of a reply whose first piece is too small for a sample', () => {
    const { playback, line, sounding, hear } = start()
    playback.attach(line)
    hear(1)
    hear(9_601)
    expect(sounding).toEqual(['item_1'])
  })
})
