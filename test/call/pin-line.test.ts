import { describe, expect, it } from 'vitest'
import { PinLine } from '../../src/call/pin-line.ts'
import type { CallGatePorts } from '../../src/call/plan.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { AuditEvent } from '../../src/ports/audit.ts'
import { gatePorts } from './support/gate-ports.ts'
import { testPlan } from './support/ports.ts'

async function broken(): Promise<never> {
  throw new Error('No disk')
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve()
}

/** A keypad whose PIN is 271828; what is done, in its order, is kept. */
function start(own: Partial<CallGatePorts> = {}, strength: 'S0' | 'S1' = 'S1', isTransferred = () => false) {
  const clock = new VirtualClock()
  const did: string[] = []
  const audited: AuditEvent[] = []
  let tries = 0
  const head = { seq: 1, hash: '' }
  const gate = gatePorts({
    people: {
      idOf: async () => 'person_0a1b2c3d4e5f60718293a4b5',
      pinTries: async () => 0,
      countPinTry: async () => {
        did.push('counted')
        tries += 1
        return tries
      },
    },
    audit: {
      ...gatePorts().audit,
      record: async (event) => {
        did.push(`audited ${event.data?.state}`)
        audited.push(event)
        return head
      },
    },
    isPin: async (digits) => {
      did.push('compared')
      return digits === '271828'
    },
    ...own,
  })
  const failures: string[] = []
  const line = new PinLine({
    plan: {
      ...testPlan('CA1'),
      strength: ({ pinRight, transferred }) => (transferred ? 'S0' : pinRight ? 'S3' : strength),
    },
    ports: {
      clock,
      gate,
      background: (name, work) => {
        work.catch(() => failures.push(name))
      },
    },
    actorId: async () => 'person_0a1b2c3d4e5f60718293a4b5',
    isTransferred,
    listener: {
      onEntering: (isEntering) => did.push(isEntering ? 'muted' : 'heard again'),
      onRight: () => {
        did.push('right')
        return false
      },
      onRefused: () => did.push('refused'),
      say: (text) => did.push(`say ${text}`),
    },
  })
  const enter = async (keys: string) => {
    for (const key of keys) line.key(key)
    await settled()
  }
  return { clock, did, audited, failures, line, enter }
}

describe('PinLine', () => {
  it('counts a try before it compares, records before it lifts, and lets nobody hear the keys meanwhile', async () => {
    const { did, audited, line, enter } = start()
    await enter('271828#')
    expect(did).toEqual([
      'muted',
      'heard again',
      'counted',
      'compared',
      'audited right',
      'right',
      'say Thank you, that is right.',
    ])
    expect(line.state).toEqual({ kind: 'right' })
    expect(audited).toEqual([
      {
        kind: 'auth',
        actor: 'person_0a1b2c3d4e5f60718293a4b5',
        session: 'CA1',
        strength: 'S3',
        data: { means: 'pin', state: 'right', attempts: 1 },
      },
    ])
    expect(JSON.stringify([did, audited, line.state])).not.toContain('271828')
  })

  it('takes four seconds of rest for the end, and forgets everything when the call is over', async () => {
    const { clock, did, line, enter } = start()
    await enter('271828')
    clock.advance(3_999)
    await settled()
    expect(did).toEqual(['muted'])
    clock.advance(2)
    await settled()
    expect(did).toContain('right')
    const over = start()
    await over.enter('2718')
    over.line[Symbol.dispose]()
    expect(over.line.state).toEqual({ kind: 'refused', reason: 'notOffered' })
    expect(over.clock.pendingTimers()).toBe(0)
    expect(line.state.kind).toBe('right')
  })

  it('says how many tries are left, and takes no key after the third wrong one', async () => {
    const { did, enter, line } = start()
    for (const pin of ['314159#', '314159#', '314159#', '271828#']) await enter(pin)
    expect(did.filter((one) => one.startsWith('say'))).toEqual([
      'say That was not right. You can try 2 more times.',
      'say That was not right. You can try once more.',
      'say I cannot take a PIN on this call any more.',
    ])
    expect(did.filter((one) => one === 'compared')).toHaveLength(3)
    expect(did).toContain('refused')
    expect(line.state).toEqual({ kind: 'refused', reason: 'triesOfCall' })
  })

  it('does not count what is no PIN', async () => {
    const { did, enter } = start()
    await enter('12#')
    expect(did).toEqual(['muted', 'heard again', expect.stringMatching(/^say That was no whole PIN/)])
  })

  it('forgets half a PIN when a question is put', async () => {
    const { did, enter, line } = start()
    await enter('2718')
    line.interrupt()
    await enter('28#')
    expect(did).not.toContain('compared')
  })

  it('compares nothing when ten tries were made today, and lifts nobody', async () => {
    const people = { ...gatePorts().people, countPinTry: async () => 11 }
    const { audited, did, enter, line } = start({ people })
    await enter('271828#')
    expect(did).not.toContain('compared')
    expect(line.state).toEqual({ kind: 'refused', reason: 'triesOfDay' })
    // What was not compared was not wrong either.
    expect(audited.map(({ data }) => data)).toEqual([
      { means: 'pin', state: 'refused', reason: 'triesOfDay' },
    ])
    const used = start({ people: { ...people, pinTries: async () => 10 } })
    await used.line.load()
    expect(used.line.state).toEqual({ kind: 'refused', reason: 'triesOfDay' })
  })

  it.each<[string, Partial<CallGatePorts>]>([
    ['counted', { people: { ...gatePorts().people, countPinTry: broken } }],
    ['compared', { isPin: broken }],
    ['recorded', { audit: { ...gatePorts().audit, record: broken } }],
  ])('lifts nobody by a try that could not be %s', async (_what, own) => {
    const { did, enter, failures, line } = start(own)
    await enter('271828#')
    expect(did).not.toContain('right')
    expect(did.at(-1)).toBe('say I could not check that. Please enter it again, then press the pound key.')
    expect(line.state).toEqual({ kind: 'waiting', wrongTries: 1 })
    expect(failures).toContain('checkPin')
    for (const pin of ['271828#', '271828#']) await enter(pin)
    expect(line.state).toEqual({ kind: 'refused', reason: 'triesOfCall' })
  })

  it.each(['over', 'handed over'])(
    'records of a right one no strength when the call is %s meanwhile',
    async (what) => {
      const compared = Promise.withResolvers<boolean>()
      const { audited, enter, line } = start(
        { isPin: () => compared.promise },
        'S1',
        () => what === 'handed over',
      )
      await enter('271828#')
      if (what === 'over') line[Symbol.dispose]()
      compared.resolve(true)
      await settled()
      expect(audited).toMatchObject([{ strength: what === 'over' ? 'S1' : 'S0', data: { state: 'right' } }])
    },
  )

  it.each<[string, Parameters<typeof start>]>([
    ['an outsider', [{}, 'S0']],
    ['anybody where none is configured', [{ isPin: undefined }]],
  ])('takes no key of %s', async (_who, how) => {
    const { did, enter, line } = start(...how)
    await enter('271828#')
    expect(did).toEqual([])
    expect(line.state).toEqual({ kind: 'refused', reason: 'notOffered' })
  })
})
