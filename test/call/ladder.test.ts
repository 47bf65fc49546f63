import { describe, expect, it } from 'vitest'
import { Ladder } from '../../src/call/ladder.ts'
import { testPlan } from './support/ports.ts'

const { ladder: plan } = testPlan('CA1')
const withPerson = { ...plan, person: { number: '+14155550102', callerId: '+14155550100' } }
const recording = { recordingSid: 'RE1', durationSeconds: 5 }

describe('Ladder', () => {
  it('records a message, thanks for it, and says first who speaks where nothing was heard before', () => {
    const heard = new Ladder(plan, false)
    expect(heard.next({})).toMatchObject({ kind: 'recordMessage', text: 'Leave a message.', language: 'en' })
    expect(heard.next({ recording })).toEqual({ kind: 'sayAndHangUp', text: 'Thank you.', language: 'en' })
    expect(new Ladder(plan, true).next({})).toMatchObject({
      text: 'A computer speaks and is ill. Leave a message.',
    })
  })

  it('rings a person first, and takes a message when nobody answers', () => {
    for (const dialStatus of ['busy', 'no-answer', 'failed', 'canceled']) {
      const ladder = new Ladder(withPerson, true)
      expect(ladder.next({})).toMatchObject({
        kind: 'dialPerson',
        text: 'A computer speaks and is ill. I connect you.',
        number: '+14155550102',
      })
      expect(ladder.next({ dialStatus })).toMatchObject({ kind: 'recordMessage', text: 'Leave a message.' })
    }
    for (const dialStatus of ['completed', 'answered']) {
      const ladder = new Ladder(withPerson, false)
      ladder.next({})
      expect(ladder.next({ dialStatus })).toEqual({ kind: 'hangUp' })
    }
  })

  it('answers the same report alike', () => {
    const ladder = new Ladder(withPerson, false)
    const dials = ladder.next({})
    expect(ladder.next({})).toEqual(dials)
    const records = ladder.next({ dialStatus: 'busy' })
    expect(ladder.next({ dialStatus: 'busy' })).toEqual(records)
    expect(ladder.next({ recording })).toEqual(ladder.next({ recording }))
  })
})
