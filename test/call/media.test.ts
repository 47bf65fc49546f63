import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { CallMedia } from '../../src/call/media.ts'
import { Playback } from '../../src/call/playback.ts'
import { dtmfTone } from '../../src/sim/caller/sounds.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { Line } from './support/line.ts'
import { DrivenSession } from './support/ports.ts'

const nothing = () => undefined

function start(hidesKeys = false) {
  const clock = new VirtualClock()
  const sounding: string[] = []
  const playback = new Playback({ onFirstHeard: nothing, onUtteranceHeard: nothing, onReplyStalled: nothing })
  const media = new CallMedia({
    engine: createAudioEngine({ kind: 'integer' }),
    mode: 'pcm24k',
    playback,
    heldAudioMs: 20_000,
    hidesKeys,
    nowMs: () => clock.nowMs(),
    listener: { onCallerPaused: () => undefined, onReplySounding: ({ itemId }) => sounding.push(itemId) },
  })
  const hear = (bytes: number) =>
    media.onReplyAudio({ responseId: 'resp_1', itemId: 'item_1', bytes: new Uint8Array(bytes) })
  return { media, playback, line: new Line(clock, () => undefined), sounding, hear }
}

function sessionThat(takes: boolean): DrivenSession {
  const receiver = { onAudio: nothing, onEvent: nothing }
  const about = { callSid: 'CA1', instructions: '', language: 'en', tools: [], audio: 'pcm24k' } as const
  const session = new DrivenSession({ ...about, receiver })
  session.ready = takes
  return session
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

  it('sessionReady() tells whether what it hands over may be speech', () => {
    const quiet = new Uint8Array(160).fill(0xff)
    // The loudest sample there is, and its opposite.
    const loud = Uint8Array.from({ length: 160 }, (_, index) => (index % 2 ? 0x00 : 0x80))
    const told = [[quiet], [quiet, loud, loud, quiet], []].map((frames) => {
      const { media } = start()
      for (const frame of frames) media.onCallerAudio(frame)
      return media.sessionReady(sessionThat(true))
    })
    expect(told).toEqual([false, true, false])
    const { media } = start()
    media.onCallerAudio(loud)
    expect(media.sessionReady(sessionThat(false))).toBe(false)
  })

  it('onCallerAudio() lets the model hear nothing of a key where keys are hidden, and all of them where not', () => {
    const key = dtmfTone('5')
    const heard = [true, false].map((hidesKeys) => {
      const { media } = start(hidesKeys)
      const session = sessionThat(true)
      media.sessionReady(session)
      for (let from = 0; from < key.length; from += 160) media.onCallerAudio(key.subarray(from, from + 160))
      // Its end comes in the frame after.
      media.onCallerAudio(key.subarray(-160))
      return session.isSilent
    })
    expect(heard).toEqual([true, false])
  })

  it('onCallerAudio() lets the model hear what follows a key', () => {
    const { media } = start(true)
    const session = sessionThat(true)
    media.sessionReady(session)
    media.onCallerAudio(dtmfTone('5').subarray(0, 160))
    const voice = Uint8Array.from({ length: 160 }, (_, index) => (index % 2 ? 0x00 : 0x80))
    media.onCallerAudio(voice)
    expect(session.isSilent).toBe(true)
    media.onCallerAudio(voice)
    expect(session.isSilent).toBe(false)
  })
})
