import { describe, expect, it } from 'vitest'
import { OptOutEar } from '../../src/call/opt-out-ear.ts'
import { gatePorts } from './support/gate-ports.ts'

const callSid = `CA${'0'.repeat(32)}`
const to = '+14155550123'
const wish = 'Please take me off your list.'

function listening(change: { direction?: 'inbound' | 'outbound'; to?: string; fails?: number } = {}) {
  const kept: string[] = []
  const works: Promise<unknown>[] = []
  let failures = change.fails ?? 0
  const optOut = (number: string, session: string): Promise<void> => {
    failures -= 1
    if (failures >= 0) return Promise.reject(new Error('the disk is full'))
    kept.push(`${number} ${session}`)
    return Promise.resolve()
  }
  const ear = new OptOutEar(
    { callSid, direction: 'outbound', to, ...change },
    {
      gate: gatePorts({ optOut }),
      background: (_name, work) => void works.push(work.catch(() => undefined)),
    },
  )
  const hears = (text: string, final = true): void =>
    ear.onSpeech({ kind: 'callerTranscript', itemId: 'item_1', text, final, atMs: 0 })
  return { ear, kept, hears, settled: () => Promise.all(works) }
}

describe('OptOutEar', () => {
  it('keeps what whoever was called says, once', () => {
    const { kept, hears } = listening()
    hears(wish)
    hears(wish)
    expect(kept).toEqual([`${to} ${callSid}`])
  })

  it.each([
    ['a mere stop', {}, { text: 'Stop.', final: true }],
    ['words that are not final', {}, { text: wish, final: false }],
    ['whoever calls us', { direction: 'inbound' }, { text: wish, final: true }],
    ['whoever has no number', { to: 'client:ann' }, { text: wish, final: true }],
  ] as const)('keeps nothing for %s', (_what, change, { text, final }) => {
    const { kept, hears } = listening(change)
    hears(text, final)
    expect(kept).toEqual([])
  })

  it('does not take what the agent says for it', () => {
    const { kept, ear } = listening()
    ear.onSpeech({
      kind: 'replyText',
      itemId: 'item_1',
      responseId: 'resp_1',
      text: wish,
      final: true,
      atMs: 0,
    })
    expect(kept).toEqual([])
  })

  it('tries again when it is said again, where it could not be kept', async () => {
    const { kept, hears, settled } = listening({ fails: 1 })
    hears(wish)
    await settled()
    hears(wish)
    expect(kept).toEqual([`${to} ${callSid}`])
  })
})
