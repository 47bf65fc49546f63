import { describe, expect, it } from 'vitest'
import { AtDesk } from './at-desk.ts'

describe('a question waits', () => {
  it('while the caller speaks, and until the words are known', () => {
    const at = new AtDesk()
    const itemId = at.begin()
    at.propose()
    at.pass(1_000)
    at.feed({ kind: 'speechStopped', itemId })
    at.pass(4_999)
    expect(at.of('ask')).toEqual([])
    at.feed({ kind: 'transcript', itemId, text: 'Text Ann.' })
    expect(at.of('ask')).toHaveLength(1)
  })

  it('five seconds for words that do not come, and thirty for speech that does not end', () => {
    const noWords = new AtDesk()
    const itemId = noWords.begin()
    noWords.feed({ kind: 'speechStopped', itemId })
    noWords.propose()
    noWords.pass(4_999)
    expect(noWords.of('ask')).toEqual([])
    noWords.pass(1)
    expect(noWords.of('ask')).toHaveLength(1)
    const noEnd = new AtDesk()
    noEnd.begin()
    noEnd.propose()
    noEnd.pass(29_999)
    expect(noEnd.of('ask')).toEqual([])
    noEnd.pass(1)
    expect(noEnd.of('ask')).toHaveLength(1)
  })

  it('goes on when the transcription failed', () => {
    const at = new AtDesk()
    const itemId = at.begin()
    at.propose()
    at.feed({ kind: 'transcriptFailed', itemId })
    expect(at.of('ask')).toHaveLength(1)
  })

  it('only for the end of speech where there is no transcription', () => {
    const at = new AtDesk({ transcribes: false })
    const itemId = at.begin()
    at.propose()
    expect(at.of('ask')).toEqual([])
    at.feed({ kind: 'speechStopped', itemId })
    expect(at.of('ask')).toHaveLength(1)
  })

  it('for the one before it; a question that was begun comes first', () => {
    const at = new AtDesk()
    at.propose()
    at.propose({ id: 'confirmation-2', callId: 'call_2', tool: 'make_call', hash: 'hash-2' })
    at.hear()
    at.pass(500)
    at.say('Hm?')
    expect(at.question()).toMatchObject({ id: 'confirmation-1', attempt: 2 })
    at.hear()
    at.pass(500)
    at.say('No.')
    expect(at.question()).toMatchObject({ id: 'confirmation-2', attempt: 1 })
  })
})
