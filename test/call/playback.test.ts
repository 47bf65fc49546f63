import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Utterance } from '../../src/call/event.ts'
import { Playback } from '../../src/call/playback.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { Line } from './support/line.ts'

const reply: Utterance = { kind: 'reply', itemId: 'item_1', responseId: 'resp_1' }
const second: Utterance = { kind: 'reply', itemId: 'item_2', responseId: 'resp_1' }

function start() {
  const clock = new VirtualClock()
  const events: string[] = []
  const playback = new Playback({
    onFirstHeard: (utterance) => events.push(`first ${name(utterance)}`),
    onUtteranceHeard: ({ utterance, heardMs, quiet }) =>
      events.push(`heard ${name(utterance)} ${heardMs}${quiet ? ' quiet' : ''}`),
    onReplyStalled: ({ itemId }) => events.push(`stalled ${itemId}`),
  })
  const line = new Line(clock, (mark) => playback.onMark(mark, clock.nowMs()))
  playback.attach(line)
  const send = (utterance: Utterance, ms: number) =>
    playback.send(utterance, new Uint8Array(ms * 8), clock.nowMs())
  return { clock, events, playback, line, send }
}

/** A line whose marks the test gives back itself. */
function startByHand() {
  const clock = new VirtualClock()
  const playback = new Playback({
    onFirstHeard: () => undefined,
    onUtteranceHeard: () => undefined,
    onReplyStalled: () => undefined,
  })
  playback.attach(new Line(clock, () => undefined))
  const send = (ms: number) => playback.send(reply, new Uint8Array(ms * 8), clock.nowMs())
  return { clock, playback, send }
}

/** A line whose marks do not come back, with the milliseconds of sound that had been sent before each of them. */
function startMarked() {
  const marks: number[] = []
  class MarkedLine extends Line {
    sentMs = 0
    override sendMedia(ulaw: Uint8Array): boolean {
      this.sentMs += ulaw.length / 8
      return super.sendMedia(ulaw)
    }
    override sendMark(mark: string): boolean {
      marks.push(this.sentMs)
      return super.sendMark(mark)
    }
  }
  const playback = new Playback({
    onFirstHeard: () => undefined,
    onUtteranceHeard: () => undefined,
    onReplyStalled: () => undefined,
  })
  const line = new MarkedLine(new VirtualClock(), () => undefined)
  playback.attach(line)
  return { playback, line, marks }
}

function name(utterance: Utterance): string {
  return utterance.kind === 'reply' ? utterance.itemId : utterance.sentence
}

describe('Playback', () => {
  it('reports the first sound and the end of each utterance, in order', () => {
    const { clock, events, playback, line, send } = start()
    send(reply, 500)
    send(second, 300)
    playback.complete(reply, clock.nowMs())
    playback.complete(second, clock.nowMs())
    line.play(900)
    expect(events).toEqual(['first item_1', 'heard item_1 500', 'first item_2', 'heard item_2 300 quiet'])
  })

  it('lets audio leave before it returns', () => {
    const { line, send } = start()
    send(reply, 500)
    expect(line.queuedBytes()).toBe(4_000)
    expect(line.unflushed).toBe(0)
  })

  it('complete() after the last mark came back reports the end at once', () => {
    const { clock, events, playback, line, send } = start()
    send(reply, 200)
    line.play(300)
    expect(events).toEqual(['first item_1', 'stalled item_1'])
    playback.complete(reply, clock.nowMs())
    expect(events.slice(2)).toEqual(['heard item_1 200 quiet'])
  })

  it('heard() interpolates between marks and never exceeds what was sent', () => {
    const { clock, playback, line, send } = start()
    send(reply, 450)
    line.play(330)
    expect(playback.heard(clock.nowMs())).toMatchObject([{ sentMs: 450, heardMs: 330, complete: false }])
    line.play(1_000)
    expect(playback.heard(clock.nowMs())).toMatchObject([{ sentMs: 450, heardMs: 450 }])
  })

  it('heard() goes by the most punctual of the last marks, when one comes late', () => {
    const { clock, playback, send } = startByHand()
    send(1_200)
    clock.advance(400)
    playback.onMark('g1:0', clock.nowMs())
    clock.advance(520)
    playback.onMark('g1:1', clock.nowMs())
    expect(playback.heard(clock.nowMs())).toMatchObject([{ heardMs: 920 }])
    clock.advance(50)
    expect(playback.heard(clock.nowMs())).toMatchObject([{ heardMs: 970 }])
  })

  it('heard() believes marks that are late one after another: the sound itself is late', () => {
    const { clock, playback, send } = startByHand()
    send(2_400)
    for (let mark = 0; mark < 4; mark++) {
      clock.advance(mark === 0 ? 550 : 400)
      playback.onMark(`g1:${mark}`, clock.nowMs())
    }
    expect(playback.heard(clock.nowMs())).toMatchObject([{ heardMs: 1_600 }])
  })

  it('marks that a clear returns prove nothing', () => {
    const { clock, events, playback, line, send } = start()
    send(reply, 1_000)
    line.play(90)
    expect(playback.heard(clock.nowMs())).toMatchObject([{ heardMs: 90 }])
    playback.clear()
    expect(line.clears).toBe(1)
    expect(events).toEqual([])
    expect(playback.heard(clock.nowMs())).toEqual([])
  })

  it('send() refuses more than five minutes of unheard audio', () => {
    const { send } = start()
    for (let minute = 0; minute < 5; minute++) expect(send(reply, 60_000)).toBe(true)
    expect(send(reply, 200)).toBe(false)
  })

  it('send() says so when there is no stream', () => {
    const { playback, send } = start()
    playback.attach(undefined)
    expect(send(reply, 20)).toBe(false)
  })

  it('heard() is within a millisecond of the truth for any mix of deltas, pauses and utterances', () => {
    const action = fc.oneof(
      fc.record({
        kind: fc.constant('send' as const),
        first: fc.boolean(),
        ms: fc.integer({ min: 1, max: 700 }),
      }),
      fc.record({ kind: fc.constant('play' as const), ms: fc.integer({ min: 1, max: 900 }) }),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { clock, playback, line, send } = start()
        for (const one of actions) {
          if (one.kind === 'send') send(one.first ? reply : second, one.ms)
          else line.play(one.ms)
          const heardMs = playback.heard(clock.nowMs()).reduce((sum, heard) => sum + heard.heardMs, 0)
          expect(Math.abs(heardMs - line.playedBytes / 8)).toBeLessThanOrEqual(1)
        }
      }),
      { seed: 20_261_120, numRuns: 200 },
    )
  })

  it('send() stops without a fault when a mark finds that the stream is over', () => {
    const { clock, playback } = start()
    class LeavingLine extends Line {
      override sendMark(): boolean {
        playback.attach(undefined)
        return false
      }
    }
    playback.attach(new LeavingLine(clock, () => undefined))
    expect(playback.send(reply, new Uint8Array(4_000), 0)).toBe(false)
    expect(playback.heard(0)).toEqual([])
  })

  it('sends no more than 64 utterances of which none has been heard', () => {
    const { send } = start()
    const sent = Array.from({ length: 70 }, (_, number) =>
      send({ kind: 'reply', itemId: `item_${number}`, responseId: 'resp_1' }, 20),
    )
    expect(sent.filter(Boolean)).toHaveLength(64)
  })

  it('sends no more than 2,000 marks of which none has come back', () => {
    const { playback } = startByHand()
    const one = new Uint8Array(1)
    // A mark stands between two utterances.
    const sent = Array.from({ length: 2_010 }, (_, at) =>
      playback.send(at % 2 === 0 ? reply : second, one, 0),
    )
    expect(sent.filter(Boolean)).toHaveLength(2_001)
  })

  it('marks the first sound, each 400 ms, and the end of an utterance that is complete; all leave at once', () => {
    const { playback, line, marks } = startMarked()
    for (let delta = 0; delta < 5; delta++) {
      playback.send(reply, new Uint8Array(250 * 8), 0)
      expect(line.unflushed).toBe(0)
    }
    expect(marks).toEqual([250, 750, 1_250])
    playback.send(reply, new Uint8Array(100 * 8), 0)
    expect(marks).toHaveLength(3)
    playback.complete(reply, 0)
    expect(marks).toEqual([250, 750, 1_250, 1_350])
    expect(line.unflushed).toBe(0)
  })

  it('a last sound without a mark gets one when no other is under way, so that its end is heard of', () => {
    const { clock, events, playback, line, send } = start()
    send(reply, 250)
    send(reply, 250)
    line.play(499)
    expect(events).toEqual(['first item_1'])
    line.play(1)
    expect(events).toEqual(['first item_1', 'stalled item_1'])
    expect(line.unflushed).toBe(0)
    playback.complete(reply, clock.nowMs())
    expect(events.at(-1)).toBe('heard item_1 500 quiet')
  })

  it('what had no mark when everything was thrown away gets none, and does not sound again', () => {
    const { playback, marks } = startMarked()
    playback.send(reply, new Uint8Array(250 * 8), 0)
    playback.send(reply, new Uint8Array(250 * 8), 0)
    playback.clear()
    playback.complete(reply, 0)
    playback.send(second, new Uint8Array(250 * 8), 0)
    expect(marks).toEqual([250, 750])
    expect(playback.heard(100)).toMatchObject([{ utterance: second, sentMs: 250, heardMs: 100 }])
  })
})
