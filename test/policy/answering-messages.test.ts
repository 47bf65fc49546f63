import { describe, expect, it } from 'vitest'
import { stepDesk } from '../../src/policy/confirmation-desk.ts'
import { AtDesk } from './at-desk.ts'

function shown(): AtDesk {
  const at = new AtDesk({ channel: 'written' })
  at.propose()
  at.feed({ kind: 'questionShown', id: 'confirmation-1', attempt: 1 })
  return at
}

describe('an answer in writing', () => {
  const sessionId = 'session-1'

  it.each([
    ['yes', 'confirmed yes'],
    ['No.', 'denied no'],
    ['Tuesday instead', 'superseded change'],
    ['What?', 'proposed unclear'],
  ])('%j: %s', (text, change) => {
    const at = shown()
    at.feed({ kind: 'message', sessionId, text })
    expect(at.changes().at(-1)).toBe(change)
  })

  it('is the next message and no later one', () => {
    const at = shown()
    at.feed({ kind: 'message', sessionId, text: 'What?' })
    at.feed({ kind: 'message', sessionId, text: 'yes' })
    expect([at.runs(), at.ignored(), at.question().attempt]).toEqual([[], ['noQuestion'], 2])
  })

  it('counts for its own session, in time and when it is no echo', () => {
    const other = shown()
    other.feed({ kind: 'message', sessionId: 'session-2', text: 'yes' })
    const late = shown()
    const { desk } = late
    const atMs = late.atMs + 30_001
    const lateStep = stepDesk(desk, { kind: 'message', sessionId, text: 'yes', atMs })
    const nan = shown()
    nan.atMs = Number.NaN
    nan.feed({ kind: 'message', sessionId, text: 'yes' })
    const echo = shown()
    echo.feed({ kind: 'message', sessionId, text: 'shall i shall i' })
    expect([other, nan, echo].map((at) => at.ignored())).toEqual([['otherSession'], ['afterTtl'], ['echo']])
    expect(lateStep.effects.some(({ kind }) => kind === 'run')).toBe(false)
  })

  it('has no speech and no keypad', () => {
    const at = shown()
    at.say('yes')
    at.key('1')
    expect([at.runs(), at.ignored()]).toEqual([[], ['unknownItem', 'noQuestion']])
  })
})
