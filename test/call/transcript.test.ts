import { describe, expect, it } from 'vitest'
import {
  breakOff,
  callerText,
  callerTurn,
  cutOff,
  emptyTranscript,
  heardToEnd,
  replySounding,
  replyText,
} from '../../src/call/transcript.ts'

describe('replyText()', () => {
  it('keeps 16,000 characters of a turn, in pieces or as a whole', () => {
    const said = { itemId: 'item_r', text: 'x'.repeat(1_000), final: false }
    let { transcript } = replyText(emptyTranscript, said)
    for (let piece = 0; piece < 30; piece++) transcript = replyText(transcript, said).transcript
    expect(transcript.drafts[0]?.text).toHaveLength(16_000)
    const whole = replyText(emptyTranscript, { itemId: 'item_r', text: 'x'.repeat(900_000), final: true })
    expect(whole.transcript.drafts[0]?.text).toHaveLength(16_000)
  })
})

describe('cutOff()', () => {
  it('keeps nothing of a card number that was heard by half', () => {
    const text = 'Is it 4242 4242 4242 4242 that you gave me?'
    const said = replyText(emptyTranscript, { itemId: 'item_r', text, final: true })
    const { transcript } = replySounding(said.transcript, { itemId: 'item_r', startedAtMs: 0 })
    const heard = {
      utterance: { kind: 'reply', itemId: 'item_r', responseId: 'resp_1' },
      heardMs: 400,
      sentMs: 1_000,
    } as const
    expect(cutOff(transcript, { ...heard, complete: false }).turns).toMatchObject([{ text: 'Is it …' }])
  })
})

describe('breakOff()', () => {
  const utterance = { kind: 'reply', itemId: 'item_r', responseId: 'resp_1' } as const
  const heard = [{ utterance, heardMs: 300, sentMs: 2_000, complete: false }]
  const text = 'Of course. From Monday to Thursday the workshop is open from nine until half past five.'
  const said = replyText(emptyTranscript, { itemId: 'item_r', text, final: true })
  const { transcript } = replySounding(said.transcript, { itemId: 'item_r', startedAtMs: 0 })

  it('tells that a reply was cut as long as it sounds, and the same of it when it was heard to its end', () => {
    const broken = breakOff(transcript, { midReply: true, heard })
    const cut = { text: 'Of course. From Monday to', interrupted: true }
    expect(broken.turns).toMatchObject([cut])
    expect(heardToEnd(broken.transcript, utterance, 2_000).turns).toMatchObject([cut])
  })

  it('calls no reply cut that the session had spoken to its end', () => {
    const whole = breakOff(transcript, { midReply: false, heard })
    expect(whole.turns).toMatchObject([{ text, interrupted: false }])
  })
})

describe('callerText()', () => {
  it('keeps no card number, also not the beginning of one at the end of what is kept', () => {
    const said = { itemId: 'item_u', text: `${'x '.repeat(7_996)}4242 4242 4242 4242`, startedAtMs: 0 }
    expect(callerText(emptyTranscript, said).turns[0]?.text).not.toMatch(/[0-9]/)
  })

  it('keeps 16,000 characters of a turn', () => {
    const said = { itemId: 'item_u', text: 'x'.repeat(900_000), startedAtMs: 0 }
    expect(callerText(emptyTranscript, said).turns[0]?.text).toHaveLength(16_000)
  })
})

describe('callerTurn()', () => {
  it('records 5,000 turns of a call and no more', () => {
    let transcript = emptyTranscript
    let recorded = 0
    for (let turn = 0; turn < 5_100; turn++) {
      const step = callerTurn(transcript, { itemId: `item_${turn}`, startedAtMs: turn })
      transcript = step.transcript
      recorded += step.turns.length
    }
    expect([recorded, transcript.nextSeq]).toEqual([5_000, 5_000])
  })
})
