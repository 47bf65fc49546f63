import { describe, expect, it } from 'vitest'
import { QuestionLine } from '../../src/call/question-line.ts'
import type { DeskNews } from '../../src/gate/desk-line.ts'
import type { SpeechEvent } from '../../src/ports/speech.ts'

const atMs = 0
const responseId = 'resp_1'

/** A question line whose news are kept; every item has two seconds of audio. */
function start() {
  const news: DeskNews[] = []
  const line = new QuestionLine({ feed: (one) => void news.push(one), sentMs: () => 2_000 })
  const id = line.begin({ id: 'proposal_1', attempt: 1 })
  const begins = (event: Partial<Extract<SpeechEvent, { kind: 'responseStarted' }>> = {}) =>
    line.onSpeech({ kind: 'responseStarted', responseId, id, atMs, ...event })
  const sounds = (itemId: string) => line.onSounding({ itemId, responseId })
  const says = (itemId: string, text: string) =>
    line.onSpeech({ kind: 'replyText', responseId, itemId, text, final: true, atMs })
  const ends = (status: 'completed' | 'cancelled' | 'incomplete' | 'failed' = 'completed') =>
    line.onSpeech({ kind: 'responseDone', responseId, status, retryable: false, atMs })
  const heard = (itemId: string) => line.onHeard({ kind: 'reply', itemId, responseId })
  const kinds = () => news.map(({ kind }) => kind)
  return { line, news, id, begins, sounds, says, ends, heard, kinds }
}

describe('QuestionLine', () => {
  it('tells beginning, words with length, and mark of a question, each once', () => {
    const { news, begins, sounds, says, ends, heard } = start()
    begins()
    sounds('item_1')
    sounds('item_1')
    says('item_1', 'Shall I?')
    ends()
    heard('item_1')
    heard('item_1')
    const of = { id: 'proposal_1', attempt: 1 }
    expect(news).toEqual([
      { kind: 'questionStarted', ...of },
      { kind: 'questionSent', ...of, audioMs: 2_000, spoken: 'Shall I?' },
      { kind: 'questionMark', ...of },
    ])
  })

  it('takes everything that its response says for the question, and waits until all of it was heard', () => {
    const { news, kinds, begins, sounds, says, ends, heard } = start()
    begins()
    sounds('item_1')
    says('item_1', 'Shall I?')
    sounds('item_2')
    says('item_2', 'I mean now.')
    heard('item_1')
    ends()
    expect(news.at(-1)).toMatchObject({ audioMs: 4_000, spoken: 'Shall I? I mean now.' })
    heard('item_2')
    expect(kinds()).toEqual(['questionStarted', 'questionSent', 'questionMark'])
  })

  it('keeps a mark that comes before the end of the response until its words are whole', () => {
    const { kinds, begins, sounds, says, ends, heard } = start()
    begins()
    sounds('item_1')
    says('item_1', 'Shall I?')
    heard('item_1')
    expect(kinds()).toEqual(['questionStarted'])
    ends()
    expect(kinds()).toEqual(['questionStarted', 'questionSent', 'questionMark'])
  })

  it.each(['cancelled', 'incomplete', 'failed'] as const)('has failed when its response is %s', (status) => {
    const { kinds, begins, sounds, says, ends, heard } = start()
    begins()
    sounds('item_1')
    says('item_1', 'Shall I?')
    ends(status)
    heard('item_1')
    expect(kinds()).toEqual(['questionStarted', 'questionFailed'])
  })

  it('has failed when nothing of it was sent, or its response was refused', () => {
    const silent = start()
    silent.begins()
    silent.ends()
    expect(silent.kinds()).toEqual(['questionFailed'])
    const refused = start()
    refused.line.onSpeech({ kind: 'eventRefused', code: 'x', id: 'of another', atMs })
    expect(refused.kinds()).toEqual([])
    refused.line.onSpeech({ kind: 'eventRefused', code: 'x', id: refused.id, atMs })
    expect(refused.kinds()).toEqual(['questionFailed'])
  })

  it.each([
    ['without an id', undefined],
    ['of an earlier asking', 'proposal_1.0'],
    ['of another question', 'proposal_2.1'],
  ])('hears nothing of a response %s', (_what, id) => {
    const { kinds, line, sounds, says, ends, heard } = start()
    line.onSpeech({ kind: 'responseStarted', responseId, ...(id !== undefined && { id }), atMs })
    sounds('item_1')
    says('item_1', 'Shall I?')
    ends()
    heard('item_1')
    expect(kinds()).toEqual([])
  })

  it('is over when what was queued was cleared, but not before anything of it was', () => {
    const early = start()
    early.line.cleared()
    early.begins()
    early.sounds('item_1')
    expect(early.kinds()).toEqual(['questionStarted'])
    early.line.cleared()
    early.says('item_1', 'Shall I?')
    early.ends()
    early.heard('item_1')
    expect(early.kinds()).toEqual(['questionStarted'])
  })

  it('end() answers the id of the request, for the one that is on its way', () => {
    const { line, id } = start()
    expect(line.end('proposal_2')).toBeUndefined()
    expect(line.end('proposal_1')).toBe(id)
    expect(line.end('proposal_1')).toBeUndefined()
  })
})
