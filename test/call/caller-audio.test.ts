import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallerAudio } from '../../src/call/caller-audio.ts'

const frame = (value: number) => Buffer.alloc(160, value)
/** First byte of each waiting frame. */
const waiting = (audio: CallerAudio) => [...audio.waiting()].filter((_, index) => index % 160 === 0)

function pushed(audio: CallerAudio, ...values: readonly number[]): CallerAudio {
  for (const value of values) audio.push(frame(value))
  return audio
}

function sent(audio: CallerAudio, ...values: readonly number[]): CallerAudio {
  for (const value of values) pushed(audio, value).markSent(160)
  return audio
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

describe('CallerAudio', () => {
  it('push() keeps a copy, when the bytes lie in a buffer that is used again for the next frame', () => {
    const audio = new CallerAudio(1_000)
    const scratch = Buffer.alloc(160)
    for (const value of [1, 2, 3]) {
      scratch.fill(value)
      audio.push(scratch)
    }
    expect(waiting(audio)).toEqual([1, 2, 3])
  })

  it('push() drops the oldest audio, when more is held than its bound', () => {
    const audio = pushed(new CallerAudio(60), 1, 2, 3, 4, 5)
    expect(audio.waitingMs()).toBe(60)
    expect(audio.droppedMs()).toBe(40)
    expect(waiting(audio)).toEqual([3, 4, 5])
  })

  it('push() counts nothing as dropped that a session was given', () => {
    const audio = pushed(sent(new CallerAudio(60), 1, 2, 3), 4, 5)
    expect(waiting(audio)).toEqual([4, 5])
    expect(audio.droppedMs()).toBe(0)
  })

  it('rewind() lets the last second wait again, when no turn is open', () => {
    const audio = sent(new CallerAudio(20_000), ...numbers(0, 240))
    audio.rewind()
    expect(waiting(audio).at(-1)).toBe(239)
    expect(audio.waitingMs()).toBeGreaterThanOrEqual(1_000)
    expect(audio.waitingMs()).toBeLessThanOrEqual(2_000)
  })

  it('rewind() lets a turn wait again from before its first sound, however long it is', () => {
    const audio = sent(new CallerAudio(20_000), ...numbers(0, 100))
    audio.turnBegan()
    sent(audio, ...numbers(100, 150)).rewind()
    expect(waiting(audio)).toEqual(numbers(70, 180))
  })

  it('rewind() lets what our own ear took for a voice wait again, and once more when that session is lost too', () => {
    const audio = sent(new CallerAudio(20_000), ...numbers(0, 100))
    audio.voiceBegan()
    sent(audio, ...numbers(100, 150)).rewind()
    expect(waiting(audio)).toEqual(numbers(70, 180))
    audio.markSent(180 * 160)
    audio.rewind()
    expect(waiting(audio)).toEqual(numbers(70, 180))
  })

  it('forgetVoice() keeps no more than without a voice', () => {
    const audio = sent(new CallerAudio(20_000), ...numbers(0, 100))
    audio.voiceBegan()
    audio.forgetVoice()
    sent(audio, ...numbers(100, 150)).rewind()
    expect(audio.waitingMs()).toBeLessThanOrEqual(2_000)
  })

  it('forget() keeps what our own ear has heard since, of which the session has not told', () => {
    const audio = sent(new CallerAudio(20_000), ...numbers(0, 100))
    audio.turnBegan()
    sent(audio, ...numbers(100, 70)).voiceBegan()
    sent(audio, ...numbers(170, 60)).forget(false)
    audio.rewind()
    expect(waiting(audio)).toEqual(numbers(140, 90))
  })

  it('voiceBegan() changes nothing, when the session was quicker to tell of the same turn', () => {
    const audio = sent(new CallerAudio(20_000), ...numbers(0, 100))
    audio.turnBegan()
    sent(audio, 100, 101, 102).voiceBegan()
    sent(audio, ...numbers(103, 100)).forget(false)
    audio.rewind()
    expect(audio.waitingMs()).toBe(300)
  })

  it('forget() leaves a tail without words, or the turn that is open', () => {
    const audio = sent(new CallerAudio(20_000), ...numbers(0, 50))
    audio.turnBegan()
    sent(audio, ...numbers(50, 50)).forget(false)
    sent(audio, 100).rewind()
    expect(waiting(audio)).toEqual(numbers(85, 16))
    audio.markSent(16 * 160)
    audio.turnBegan()
    sent(audio, 101).forget(true)
    audio.rewind()
    expect(waiting(audio).at(-1)).toBe(101)
    expect(waiting(audio)).toHaveLength(17)
  })

  it('waiting() is what came and was not sent, in order, whatever is done', () => {
    const act = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('push'), bytes: fc.integer({ min: 1, max: 2_000 }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('send'), bytes: fc.integer({ min: 1, max: 2_000 }) }),
      },
      fc.record({ do: fc.constantFrom('turnBegan', 'forget', 'forgetRest'), bytes: fc.constant(0) }),
    )
    const said = Buffer.from(Array.from({ length: 600_000 }, (_, index) => index % 251))
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300, size: 'max' }), (acts) => {
        const audio = new CallerAudio(1_000)
        let came = 0
        let gone = 0
        let dropped = 0
        for (const one of acts) {
          if (one.do === 'push') {
            audio.push(said.subarray(came, came + one.bytes))
            came += one.bytes
            dropped += Math.max(0, came - gone - 8_000)
            gone = Math.max(gone, came - 8_000)
          } else if (one.do === 'send') {
            audio.markSent(one.bytes)
            gone = Math.min(came, gone + one.bytes)
          } else if (one.do === 'turnBegan') audio.turnBegan()
          else audio.forget(one.do === 'forget')
          const expected = said.subarray(gone, came)
          if (!expected.equals(audio.waiting())) throw new Error('another audio waits')
          if (audio.droppedMs() !== dropped / 8) throw new Error('another number was dropped')
        }
        audio.rewind()
        const again = audio.waiting()
        const from = came - again.length
        expect(said.subarray(from, came).equals(again)).toBe(true)
        expect(from).toBeLessThanOrEqual(gone)
      }),
      { seed: 20_261_127, numRuns: 200 },
    )
  })
})
