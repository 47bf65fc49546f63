import { describe, expect, it } from 'vitest'
import { OptOutEar } from '../../src/call/opt-out-ear.ts'
import type { OptOutWish } from '../../src/call/plan.ts'
import { gatePorts } from './support/gate-ports.ts'

const callSid = `CA${'0'.repeat(32)}`
const from = '+14155550100'
const to = '+14155550123'
const wish = 'Please take me off your list.'

function listening(
  change: { direction?: 'inbound'; from?: string; to?: string; fails?: number; isRefused?: true } = {},
) {
  const kept: string[] = []
  const works: Promise<unknown>[] = []
  let failures = change.fails ?? 0
  const said: string[] = []
  const optOut = ({ number, isProven, callSid: session }: OptOutWish): Promise<boolean> => {
    failures -= 1
    if (failures >= 0) return Promise.reject(new Error('the disk is full'))
    if (change.isRefused) return Promise.resolve(false)
    kept.push(`${number} ${isProven} ${session}`)
    return Promise.resolve(true)
  }
  const ear = new OptOutEar({
    plan: { callSid, direction: 'outbound', from, to, isNumberProven: !change.direction, ...change },
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
    expect(kept).toEqual([`${to} true ${callSid}`])
    expect(said).toEqual([
      expect.stringContaining('announcement: I have noted it: you will not be called again'),
    ])
  })

  it('hears whoever calls us as well, and tells how well their number is known', async () => {
    const { kept, said, hears, settled } = listening({ direction: 'inbound', from: to, to: from })
    hears(wish)
    await settled()
    expect(kept).toEqual([`${to} false ${callSid}`])
    expect(said).toHaveLength(1)
  })

  it('promises nothing where it is not kept', async () => {
    const { said, hears, settled } = listening({ isRefused: true })
    hears(wish)
    await settled()
    expect(said).toEqual([])
  })

  it.each([
    ['a mere stop', {}, { text: 'Stop.', final: true }],
    ['words that are not final', {}, { text: wish, final: false }],
    ['whoever has no number', { to: 'client:ann' }, { text: wish, final: true }],
    ['whoever withholds it', { direction: 'inbound', from: 'Anonymous' }, { text: wish, final: true }],
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
    expect(kept).toEqual([`${to} true ${callSid}`])
  })
})
