import { describe, expect, it } from 'vitest'
import {
  FRAME_PCM_BYTES,
  FRAME_ULAW_BYTES,
  PCM_BYTES_PER_ULAW_BYTE,
  ULAW_SILENCE,
  pcmBytesIn,
  pcmMs,
  ulawBytesIn,
  ulawMs,
} from '../../src/audio/frame.ts'
import { MULAW_VALUES } from '../../src/audio/mulaw.ts'

describe('frame arithmetic', () => {
  it('FRAME_ULAW_BYTES and FRAME_PCM_BYTES are 20 ms, when measured with ulawMs() and pcmMs()', () => {
    expect([FRAME_ULAW_BYTES, FRAME_PCM_BYTES, PCM_BYTES_PER_ULAW_BYTE]).toEqual([160, 960, 6])
    expect([ulawMs(160), pcmMs(960)]).toEqual([20, 20])
  })

  it('ulawBytesIn() and pcmBytesIn() give whole samples, when the time is not a whole number of them', () => {
    expect([ulawBytesIn(20), ulawBytesIn(0.3)]).toEqual([160, 2])
    expect([pcmBytesIn(20), pcmBytesIn(0.07)]).toEqual([960, 2])
  })

  it('ULAW_SILENCE is the code of nothing, when decoded', () => {
    expect(MULAW_VALUES[ULAW_SILENCE]).toBe(0)
  })
})
