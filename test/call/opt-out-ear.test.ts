import { describe, expect, it } from 'vitest'
import { OptOutEar } from '../../src/call/opt-out-ear.ts'
import { gatePorts } from './support/gate-ports.ts'

const callSid = `CA${'0'.repeat(32)}`
const to = '+14155550123'
const wish = 'Please take me off your list.'

function listening(
  change: { direction?: 'inbound' | 'outbound'; to?: string; fails?: number; isOwner?: true } = {},
) {
  const kept: string[] = []
  const works: Promise<unknown>[] = []
  let failures = change.fails ?? 0
  const said: string[] = []
  const optOut = (number: string, session: string): Promise<boolean> => {
    failures -= 1
    if (failures >= 0) return Promise.reject(new Error('the disk is full'))
    if (change.isOwner) return Promise.resolve(false)
    kept.push(`${number} ${session}`)
    return Promise.resolve(true)
  }
  const ear = new OptOutEar({
    plan: { callSid, direction: 'outbound', to, ...change },
    ports: {
      gate: gatePorts({ optOut }),
      background: (_name, work) => void works.push(work.catch(() => undefined)),
    },
    say: ({ purpose, text }) => void said.push(`${purpose}: ${text}`),
  })
  const hears = (text: string, final = true): void =>
    ear.onSpeech({ kind: 'callerTranscript', itemId: 'item_1', text, final, atMs: 0 })
  return { ear, kept, said, hears, settled: () => Promise.all(works) }
}

describe('OptOutEar', () => {
  it('keeps what whoever was called says, once, and tells them so', async () => {
    const { kept, said, hears, settled } = listening()
    hears(wish)
    hears(wish)
    expect(said).toEqual([])
    await settled()
    expect(kept).toEqual([`${to} ${callSid}`])
    expect(said).toEqual([
      expect.stringContaining('announcement: I have noted it: you will not be called again'),
    ])
  })

  it('promises nothing to the owner, whose own numbers never opt out', async () => {
    const { said, hears, settled } = listening({ isOwner: true })
    hears(wish)
    await settled()
    expect(said).toEqual([])
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
    const { kept, said, hears, settled } = listening({ fails: 1 })
    hears(wish)
    await settled()
    expect(said).toEqual([])
    hears(wish)
    expect(kept).toEqual([`${to} ${callSid}`])
  })
})
