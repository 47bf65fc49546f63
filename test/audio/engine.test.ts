import { describe, expect, it } from 'vitest'
import { createAudioEngine } from '../../src/audio/engine.ts'
import { PCM_IN_BYTES, SLOTS, ULAW_IN_BYTES } from '../../src/audio/layout.ts'
import { AudioError } from '../../src/audio/stream.ts'
import { noise } from './support/signals.ts'
import { engines } from './support/streams.ts'

const loudCodes = Uint8Array.from({ length: 160 }, (_, at) => (at % 5 ? 0x90 : 0x10))
const random = noise(11)
const loudPcm = Uint8Array.from({ length: 960 }, () => random() >>> 5)

describe('createAudioEngine()', () => {
  it('takes the kernel, when nothing is asked for', () => {
    expect(createAudioEngine().kind).toBe('wasm')
  })

  it('gives views that stay attached to one memory, when every slot is taken and given back', () => {
    const engine = createAudioEngine()
    const views = [engine.ulawIn, engine.pcmOut, engine.pcmIn, engine.ulawOut]
    const streams = Array.from({ length: SLOTS }, () => [engine.openUplink(), engine.openDownlink()]).flat()
    for (const stream of streams) stream[Symbol.dispose]()
    expect(views.map((view) => view.length)).toEqual([49_152, 294_912, 786_432, 131_073])
    expect(new Set(views.map((view) => view.buffer)).size).toBe(1)
  })
})

describe.each(engines().map((engine) => ({ engine, kind: engine.kind })))('$kind streams', ({ engine }) => {
  const pushUp = (stream: ReturnType<typeof engine.openUplink>, codes: Uint8Array) => {
    engine.ulawIn.set(codes)
    return Buffer.from(engine.pcmOut.subarray(0, stream.push(codes.length)))
  }
  const pushDown = (stream: ReturnType<typeof engine.openDownlink>, pcm: Uint8Array) => {
    engine.pcmIn.set(pcm)
    return Buffer.from(engine.ulawOut.subarray(0, stream.push(pcm.length)))
  }

  it('reset() forgets everything, when audio and an unfinished triple are in a stream', () => {
    using up = engine.openUplink()
    using down = engine.openDownlink()
    const fresh = [pushUp(up, loudCodes), pushDown(down, loudPcm)]
    expect(pushUp(up, loudCodes).equals(fresh[0]!)).toBe(false)
    pushDown(down, loudPcm.subarray(0, 5))
    up.reset()
    down.reset()
    expect(pushUp(up, loudCodes).equals(fresh[0]!)).toBe(true)
    expect(pushDown(down, loudPcm).equals(fresh[1]!)).toBe(true)
  })

  it('hear nothing of each other, when two calls take turns or one follows another', () => {
    using lone = engine.openUplink()
    using loneDown = engine.openDownlink()
    const expected = [pushUp(lone, loudCodes), pushUp(lone, loudCodes)]
    const expectedDown = [pushDown(loneDown, loudPcm), pushDown(loneDown, loudPcm)]
    const silence = new Uint8Array(160).fill(0xff)
    using one = engine.openUplink()
    using other = engine.openUplink()
    using oneDown = engine.openDownlink()
    using otherDown = engine.openDownlink()
    for (const round of [0, 1]) {
      expect(pushUp(one, loudCodes).equals(expected[round]!)).toBe(true)
      expect(pushUp(other, silence).every((byte) => byte === 0)).toBe(true)
      expect(pushDown(oneDown, loudPcm).equals(expectedDown[round]!)).toBe(true)
      expect(pushDown(otherDown, new Uint8Array(960)).every((code) => code === 0xff)).toBe(true)
    }
    one[Symbol.dispose]()
    oneDown[Symbol.dispose]()
    using next = engine.openUplink()
    using nextDown = engine.openDownlink()
    expect(pushUp(next, silence).every((byte) => byte === 0)).toBe(true)
    expect(pushDown(nextDown, new Uint8Array(960)).every((code) => code === 0xff)).toBe(true)
  })

  it('push() refuses a count, when it is not a whole number that the buffer holds', () => {
    using up = engine.openUplink()
    using down = engine.openDownlink()
    for (const bytes of [-1, 0.5, NaN, ULAW_IN_BYTES + 1]) expect(() => up.push(bytes)).toThrow(AudioError)
    for (const bytes of [-1, 0.5, NaN, PCM_IN_BYTES + 1]) expect(() => down.push(bytes)).toThrow(AudioError)
    expect(() => up.push(ULAW_IN_BYTES + 1)).toThrow('Cannot push: 49153 is not a count of bytes up to 49152')
  })

  it('push() throws, when the stream was disposed, however often', () => {
    const up = engine.openUplink()
    const down = engine.openDownlink()
    for (const stream of [up, down, up, down]) stream[Symbol.dispose]()
    up.reset()
    down.reset()
    expect(() => up.push(160)).toThrow(expect.objectContaining({ code: 'stream_disposed' }))
    expect(() => down.push(960)).toThrow(expect.objectContaining({ code: 'stream_disposed' }))
  })

  it('a place is given to one stream only, when another was disposed twice', () => {
    const twice = engine.openUplink()
    twice[Symbol.dispose]()
    twice[Symbol.dispose]()
    using one = engine.openUplink()
    using other = engine.openUplink()
    const expected = pushUp(one, loudCodes)
    expect(pushUp(other, loudCodes).equals(expected)).toBe(true)
  })

  it('go on to the bit, when more are open than there are slots', () => {
    const [first, ...ups] = Array.from({ length: SLOTS + 3 }, () => engine.openUplink())
    const [firstDown, ...downs] = Array.from({ length: SLOTS + 3 }, () => engine.openDownlink())
    const expected = pushUp(first!, loudCodes)
    const expectedDown = pushDown(firstDown!, loudPcm)
    for (const up of ups) expect(pushUp(up, loudCodes).equals(expected)).toBe(true)
    for (const down of downs) expect(pushDown(down, loudPcm).equals(expectedDown)).toBe(true)
    for (const stream of [first!, firstDown!, ...ups, ...downs]) stream[Symbol.dispose]()
  })
})
