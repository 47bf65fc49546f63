import { describe, expect, it } from 'vitest'
import { CallerEar } from '../../src/call/caller-ear.ts'

const FRAME_BYTES = 160
/** Codes of 0, of a soft hiss (±60 of 32768) and of a voice (±2000), whose lower bits are the inverted magnitude. */
const quiet = new Uint8Array(FRAME_BYTES).fill(0xff)
const hiss = Uint8Array.from({ length: FRAME_BYTES }, (_, at) => (at % 2 ? 0xf8 : 0x78))
const voice = Uint8Array.from({ length: FRAME_BYTES }, (_, at) => (at % 3 ? 0xbf : 0x3f))

/** What the ear finds, each with the milliseconds of audio until then. */
function found(...parts: readonly (readonly [frame: Uint8Array, ms: number])[]): string[] {
  const ear = new CallerEar()
  const all: string[] = []
  let atMs = 0
  for (const [frame, ms] of parts) {
    for (let frames = ms / 20; frames > 0; frames--) {
      atMs += 20
      const what = ear.hear(frame)
      if (what) all.push(`${what} ${atMs}`)
    }
  }
  return all
}

describe('CallerEar', () => {
  it('finds where a voice begins, and the pause after it', () => {
    expect(found([quiet, 1_000], [voice, 500], [quiet, 2_000])).toEqual(['began 1060', 'paused 2300'])
  })

  it('knows when it began, also where that was made of short sounds', () => {
    const ear = new CallerEar()
    const frames = Array.from({ length: 16 }, (_, at) => (at < 2 || at >= 14 ? voice : quiet))
    expect(frames.map((frame) => ear.hear(frame)).filter(Boolean)).toEqual(['began'])
    expect(ear.spanMs()).toBe(300)
  })

  it('takes pauses between words for what they are', () => {
    expect(found([voice, 300], [quiet, 600], [voice, 300], [quiet, 800])).toEqual(['began 60', 'paused 2000'])
  })

  it('hears nothing in a click or in the hiss of a line', () => {
    expect(found([hiss, 3_000], [voice, 40], [hiss, 2_000], [voice, 40], [quiet, 2_000])).toEqual([])
  })

  it('reports whoever makes a sound without end every ten seconds', () => {
    expect(found([voice, 25_000])).toEqual(['began 60', 'paused 10060', 'paused 20060'])
  })
})
