import { describe, expect, it } from 'vitest'
import { modelScriptSchema } from '../../../src/sim/openai/model-script.ts'
import type { ModelScript } from '../../../src/sim/openai/model-script.ts'
import { ScriptCursor, exactText } from '../../../src/sim/openai/script-cursor.ts'

const full: ModelScript = {
  handshakeMs: 300,
  updateMs: 50,
  transcription: { when: 'after', delayMs: 200 },
  hears: ['hello'],
  replies: [
    { say: 'Hi.', clip: 'hi', audioMs: 900, thinkMs: 100 },
    { preamble: 'Wait.', calls: [{ name: 'a', arguments: {} }] },
    { never: true },
  ],
  exactReplies: [null, { say: 'No.' }],
  sideReplies: [{ say: 'urgent' }],
  faults: [
    { kind: 'refuseHandshake', session: 2, status: '503' },
    { kind: 'noReply', from: 3 },
    { kind: 'dropSession', afterMs: 10, closeCode: 1011 },
    { kind: 'serverError', session: 1, afterMs: 5 },
  ],
  extras: 'never',
}

describe('modelScriptSchema', () => {
  it('takes a script back from JSON as it was', () => {
    expect(modelScriptSchema.parse(JSON.parse(JSON.stringify(full)))).toEqual(full)
  })

  it.each([
    ['a field it does not know', { ...full, sings: true }],
    ['a fault without a moment', { ...full, faults: [{ kind: 'stall' }] }],
    [
      'a fault with two moments',
      { ...full, faults: [{ kind: 'stall', afterMs: 0, duringReply: { reply: 1, audioMs: 0 } }] },
    ],
    ['a fault it does not know', { ...full, faults: [{ kind: 'explode' }] }],
    ['a reply with say and preamble', { ...full, replies: [{ say: 'a', preamble: 'b' }] }],
    ['no hears', { replies: [] }],
  ])('refuses %s', (_name, script) => {
    expect(modelScriptSchema.safeParse(script).success).toBe(false)
  })
})

describe('ScriptCursor', () => {
  it('gives the faults of one session, and of every session where none is named', () => {
    const cursor = new ScriptCursor(full)
    expect(cursor.momentaryFaults(1).map(({ kind }) => kind)).toEqual(['dropSession', 'serverError'])
    expect(cursor.momentaryFaults(7).map(({ kind }) => kind)).toEqual(['dropSession'])
    expect([cursor.nextSession(), cursor.nextSession()]).toEqual([1, 2])
  })

  it('swallows every reply from a number on, when no count is given', () => {
    const cursor = new ScriptCursor(full)
    const replies = Array.from({ length: 5 }, () => cursor.nextReply())
    expect(replies.map((reply) => reply === undefined)).toEqual([false, false, true, true, true])
  })
})

describe('exactText()', () => {
  it.each([
    ['Say exactly this and nothing else: "Good day."', 'Good day.'],
    ['Say exactly this and nothing else: "a "quoted" word\nand a line"', 'a "quoted" word\nand a line'],
    ['Say exactly this and nothing else: ""', ''],
    ['Please say exactly this and nothing else: "x"', undefined],
    ['Answer the phone.', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (instructions, text) => {
    expect(exactText(instructions)).toBe(text)
  })
})
