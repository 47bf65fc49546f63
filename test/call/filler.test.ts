import { describe, expect, it } from 'vitest'
import { done, Fed, fires, heardClip, opened, replying, turn } from './support/fed.ts'

const stands = (isRunning: boolean) =>
  ({ kind: 'confirmationsMoved', standing: { isOpen: false, isAsking: false, isRunning } }) as const
const asks = {
  kind: 'toolRequested',
  responseId: 'resp_1',
  callId: 'call_1',
  name: 'x',
  arguments: '{}',
} as const
const answered = {
  kind: 'toolFinished',
  callId: 'call_1',
  outcome: { status: 'done', output: '{}' },
} as const

describe('step() while something is being done', () => {
  const filler = { kind: 'setTimer', name: 'filler', delayMs: 1_000 }
  const working = () =>
    new Fed().feed(...opened, ...turn('item_u'), ...replying.slice(0, 1)).feed(asks, done('completed'))

  it('bridges it by one sentence after a second, and not by a second one when a reply is due', () => {
    const call = working()
    expect(call.did('setTimer')).toContainEqual(filler)
    call.feed(fires('filler'))
    expect(call.did('playClip')).toMatchObject([{ sentence: 'hold' }])
    expect(call.did('cancelTimer')).toContainEqual({ kind: 'cancelTimer', name: 'hold' })
    expect(call.feed(heardClip(2, 'hold'), fires('filler')).did('playClip')).toEqual([])
  })

  it('says nothing over speech, and tries again', () => {
    const call = working().feed({ kind: 'speechStarted', itemId: 'item_v', heard: [] }).feed(fires('filler'))
    expect(call.did('playClip', 'setTimer')).toEqual([filler])
  })

  it('says nothing after the hold sentence, or when it is done', () => {
    const held = working().feed(fires('hold'))
    expect(held.did('playClip')).toHaveLength(1)
    expect(held.feed(fires('filler')).did('playClip')).toEqual([])
    const over = working().feed(answered)
    expect(over.did('cancelTimer')).toContainEqual({ kind: 'cancelTimer', name: 'filler' })
    expect(over.feed(fires('filler')).did('playClip')).toEqual([])
  })

  it('does the same for what was said yes to, and loses no model for it', () => {
    const call = new Fed().feed(...opened).feed(stands(true))
    expect(call.did('setTimer')).toContainEqual(filler)
    expect(call.feed(fires('silentModel')).did('closeSession')).toEqual([])
    const soon = new Fed().feed(...opened, stands(true))
    expect(soon.feed(stands(false)).did('cancelTimer')).toContainEqual({
      kind: 'cancelTimer',
      name: 'filler',
    })
  })
})
