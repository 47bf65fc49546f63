import { describe, expect, it } from 'vitest'
import { callerText, callerTurn, emptyTranscript, replyText } from '../../src/call/transcript.ts'

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

describe('callerText()', () => {
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
