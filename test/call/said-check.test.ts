import { describe, expect, it } from 'vitest'
import { SaidCheck, toldOutcomeOf, toldResultOf } from '../../src/call/said-check.ts'
import type { Contradiction, ToldResult } from '../../src/policy/contradictions.ts'

const atMs = 0
const failed: ToldResult = { status: 'failed', text: '' }
const booked: ToldResult = { status: 'done', text: '{"start":"2026-11-24T10:30"}' }

function start() {
  const found: Contradiction[] = []
  const check = new SaidCheck((one) => found.push(one))
  let count = 0
  const begins = (id?: string, purpose = 'toolResult') => {
    count += 1
    const responseId = `resp_${count}`
    check.onSpeech({ kind: 'responseStarted', responseId, purpose, ...(id !== undefined && { id }), atMs })
    return responseId
  }
  const says = (responseId: string, text: string) =>
    check.onSpeech({ kind: 'replyText', responseId, itemId: 'item_1', text, final: true, atMs })
  const ends = (responseId: string, status: 'completed' | 'cancelled' = 'completed') =>
    check.onSpeech({ kind: 'responseDone', responseId, status, retryable: false, atMs })
  const replies = (text: string, id?: string) => {
    const responseId = begins(id)
    says(responseId, text)
    ends(responseId)
  }
  const kinds = () => found.map(({ kind, said }) => `${kind} ${said}`)
  return { check, begins, says, ends, replies, kinds }
}

describe('SaidCheck', () => {
  it('compares the next reply with what a tool has answered, and no later one', () => {
    const { check, replies, kinds } = start()
    check.told(failed)
    replies('I have sent it.')
    replies('I have sent it.')
    expect(kinds()).toEqual(['status i have sent'])
    check.told(booked)
    replies('It is booked for eleven thirty.')
    expect(kinds()).toEqual(['status i have sent', 'time eleven thirty'])
  })

  it('compares a second reply where the first was not asked for because of the result, and no third', () => {
    const { check, begins, says, ends, kinds } = start()
    check.told(failed)
    for (const text of ['All right.', 'I have sent it.', 'I have called them.']) {
      const responseId = begins(undefined, '')
      says(responseId, text)
      ends(responseId)
    }
    expect(kinds()).toEqual(['status i have sent'])
  })

  it('takes nothing for invented that anybody has said before in the call', () => {
    const { check, replies, kinds } = start()
    const asks = (text: string) =>
      check.onSpeech({ kind: 'callerTranscript', itemId: 'item_0', text, final: true, atMs })
    asks('What is there at 3 p.m.?')
    replies('I look whether there is anything until 5 p.m.')
    check.told({ status: 'empty', text: '' })
    replies('You asked for 3 p.m. until 5 p.m.')
    expect(kinds()).toEqual([])
    check.told({ status: 'empty', text: '' })
    replies('There is the dentist at 4 p.m.')
    expect(kinds()).toEqual(['time 4 p.m.'])
  })

  it('passes over responses that say nothing, were cut short, or speak words of ours', () => {
    const { check, begins, says, ends, replies, kinds } = start()
    check.told(failed)
    ends(begins())
    replies('I have sent it.', 'proposal_1.1')
    expect(kinds()).toEqual([])
    const cut = begins()
    says(cut, 'I have sent it.')
    ends(cut, 'cancelled')
    expect(kinds()).toEqual([])
    replies('I have sent it.')
    expect(kinds()).toEqual(['status i have sent'])
  })

  it('holds nothing against a reply in progress, whose tool was done before its end', () => {
    const { check, begins, says, ends, kinds } = start()
    check.told({ status: 'waits', text: '' })
    const responseId = begins()
    says(responseId, 'Done, I have sent it.')
    check.told({ status: 'done', text: '{}' })
    ends(responseId)
    expect(kinds()).toEqual([])
  })

  it('corrects no more than a model can be made right by', () => {
    const { check, replies, kinds } = start()
    for (let time = 0; time < 20; time++) {
      check.told(failed)
      replies('I have sent it.')
    }
    expect(kinds()).toHaveLength(5)
  })
})

describe('toldResultOf()', () => {
  it.each([
    ['{"status":"done","result":{}}', 'done'],
    ['{"status":"done","empty":"Nothing was found."}', 'empty'],
    ['{"status":"failed","reason":"x"}', 'failed'],
    ['{"status":"unknown","reason":"x"}', 'unknown'],
    ['{"status":"confirmation_required","question":"Shall I?"}', 'waits'],
    ['{"status":"pin_required","say":"x"}', 'waits'],
    ['{"status":"invalid_arguments","reason":"x"}', 'refused'],
    ['[]', 'refused'],
  ])('reads %s', (output, status) => {
    expect(toldResultOf(output).status).toBe(status)
  })
})

describe('toldOutcomeOf()', () => {
  it('leaves what was done to its result', () => {
    expect(toldOutcomeOf('done')).toBeUndefined()
    expect(toldOutcomeOf('unknown')?.status).toBe('unknown')
    expect(toldOutcomeOf('denied')?.status).toBe('refused')
  })
})
