import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { ann, AtGate, sms } from './at-gate.ts'

describe('a proposal that needs a yes', () => {
  it('is asked about at once, and run as it was stored after a plain yes', async () => {
    await using at = await AtGate.open()
    const answer = await at.propose('send_sms', sms)
    expect(answer).toMatchObject({ status: 'waits' })
    expect(JSON.parse(answer.output)).toEqual({
      status: 'confirmation_required',
      question: expect.stringContaining('Shall I text Ann') as unknown,
    })
    at.hear()
    at.say('Yes, please do.')
    await at.quiet()
    expect(at.runs).toMatchObject([{ tool: 'send_sms', input: sms }])
    expect(at.line.told).toEqual(['call_1 send_sms done'])
    expect(at.line.answers).toEqual([
      { tool: 'send_sms', output: { status: 'done', result: { sid: 'SM1' } } },
    ])
    expect(await at.story()).toEqual([
      'proposal',
      'decision confirm highRisk',
      'question asked heard',
      'answer confirmed yes',
      'decision allow confirmed',
      'intent',
      'outcome done',
    ])
    expect(await at.records.audit.verify()).toMatchObject({ ok: true })
    const nothing = { isOpen: false, isAsking: false, isRunning: false }
    expect(at.line.standings).toEqual([
      { ...nothing, isOpen: true, isAsking: true },
      { ...nothing, isRunning: true },
      nothing,
    ])
  })

  it('waits for what the caller was saying before the gate was there', async () => {
    const turn = { itemId: 'item_earlier', sessionId: 'CA1', startedAtMs: -1_000, stoppedAtMs: undefined }
    await using at = await AtGate.open({ turns: { open: [turn], lastWordsStartedAtMs: undefined } })
    await at.propose('send_sms', sms)
    expect(at.line.asked).toEqual([])
    at.gate.feed({ kind: 'transcript', itemId: 'item_earlier', text: 'Text Ann, please.' })
    expect(at.line.asked).toHaveLength(1)
  })

  it('has what the caller is to hear beside what the model is told, when a PIN is needed', async () => {
    await using at = await AtGate.open()
    at.standing = { ...at.standing, strength: 'S1' }
    const { status, say } = await at.propose('send_sms', sms)
    expect({ status, say }).toEqual({ status: 'waits', say: expect.stringContaining('PIN') as unknown })
  })
})

describe('a question that cannot be put', () => {
  it('is given up, and the caller is told', async () => {
    await using at = await AtGate.open()
    at.line.ask = () => {
      throw new Error('No line')
    }
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'waits' })
    at.clock.advance(100_000)
    await at.quiet()
    expect(at.line.announced).toEqual(['send_sms'])
    expect(at.line.told).toEqual(['call_1 send_sms cancelled'])
    expect(await at.story()).toContain('answer cancelled unheard')
  })
})

describe('a yes that does not count', () => {
  it.each<[string, (at: AtGate) => void, string]>([
    [
      'before the mark came back',
      (at) => {
        at.speak()
        at.say('Yes.')
      },
      'answer ignored beforeAsked',
    ],
    [
      'in the words of the question',
      (at) => {
        at.hear()
        at.say('text Ann I am on my way yes')
      },
      'answer ignored echo',
    ],
    [
      'after the time of the question',
      (at) => {
        at.hear()
        at.clock.advance(30_000)
        at.say('Yes.')
      },
      'answer expired ttl',
    ],
    [
      'in another session',
      (at) => {
        at.hear()
        at.say('Yes.', 'CAffffffffffffffffffffffffffffffff')
      },
      'answer ignored otherSession',
    ],
    [
      'as words of the model',
      (at) => {
        at.hear()
        at.gate.feed({ kind: 'transcript', itemId: 'item_ofthemodel', text: 'Yes.' })
      },
      'answer ignored unknownItem',
    ],
    [
      'after a no',
      (at) => {
        at.hear()
        at.say('No.')
        at.say('Yes.')
      },
      'answer denied no',
    ],
    [
      'with a change',
      (at) => {
        at.hear()
        at.say('Yes, but tomorrow.')
      },
      'answer superseded change',
    ],
    [
      'after hang-up',
      (at) => {
        at.hear()
        at.gate.end('hungUp')
        at.say('Yes.')
      },
      'answer cancelled hungUp',
    ],
    [
      'after the call was handed over',
      (at) => {
        at.hear()
        at.gate.end('transferred')
        at.say('Yes.')
      },
      'answer cancelled transferred',
    ],
  ])('%s: nothing runs, and the audit says why', async (_when, happen, why) => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    happen(at)
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain(why)
  })

  it('on another call', async () => {
    await using at = await AtGate.open()
    await using other = await AtGate.open({}, at.records)
    await at.propose('send_sms', sms)
    at.hear()
    other.say('Yes.')
    other.gate.feed({ kind: 'key', key: '1' })
    other.gate.feed({ kind: 'approved', id: at.question().id, hash: 'x', keyName: 'k' })
    await at.quiet()
    expect([...at.runs, ...other.runs]).toEqual([])
    expect(await other.story()).toEqual(['answer ignored noQuestion', 'answer ignored unknown'])
  })

  it('for other arguments than those that were asked about', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    await at.propose('send_sms', { ...sms, body: 'I am not coming' })
    at.say('Yes.')
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('answer superseded laterProposal')
  })

  it('twice is one effect', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    at.say('Yes.')
    at.say('Yes, go ahead.')
    at.gate.feed({ kind: 'key', key: '1' })
    await at.quiet()
    at.say('Yes.')
    await at.quiet()
    expect(at.count('send_sms')).toBe(1)
  })

  it('is called back by a no that comes before the intent is written', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    at.say('Yes.')
    at.say('No, wait!')
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(at.line.told).toEqual(['call_1 send_sms denied'])
    expect(await at.story()).toEqual(
      expect.arrayContaining(['answer revoked revoked', 'policy_denied deny revoked']),
    )
  })
})

async function confirmedUnder(change: (at: AtGate) => void, at: AtGate): Promise<void> {
  await at.propose('send_sms', sms)
  at.hear()
  change(at)
  at.say('Yes.')
  await at.quiet()
}

describe('what was confirmed', () => {
  it('does not run when it is not allowed any more', async () => {
    await using at = await AtGate.open()
    await confirmedUnder(() => {
      at.reach = { ...at.reach, verdict: { ok: false, reason: 'quietHours' } }
    }, at)
    expect(at.runs).toEqual([])
    expect(at.line.told).toEqual(['call_1 send_sms failed'])
    expect(await at.story()).toContain('policy_denied deny quietHours')
  })

  it('does not run for whoever the call was given to', async () => {
    await using at = await AtGate.open()
    await confirmedUnder(() => {
      at.standing = { ...at.standing, strength: 'S0' }
    }, at)
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('policy_denied deny tooWeak outsider')
  })

  it('does not run when its record was changed behind our back', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    const { id } = at.question()
    await at.records.effects.moveConfirmation(id, { state: 'denied' })
    at.say('Yes.')
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('policy_denied deny notConfirmed')
  })

  it('does not run when what was stored is not what was asked about', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    await at.quiet()
    const behind = new DatabaseSync(at.databasePath)
    const other = JSON.stringify({ body: 'Send money', to_number: ann })
    const { changes } = behind.prepare('update proposals set arguments = ?').run(other)
    behind.close()
    expect(changes).toBe(1)
    at.say('Yes.')
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('policy_denied deny storedOtherwise')
  })

  it('is unknown when its handler throws or takes too long, and is never tried again', async () => {
    await using at = await AtGate.open()
    at.doing.set('send_sms', () => Promise.reject(new Error('reset')))
    await confirmedUnder(() => undefined, at)
    expect(at.line.told).toEqual(['call_1 send_sms unknown'])
    at.doing.set('make_call', () => Promise.withResolvers<never>().promise)
    await at.propose('make_call', { to_number: ann, purpose: 'Ask for the time' }, { callId: 'call_b' })
    at.hear()
    at.say('Yes.')
    await at.quiet()
    at.clock.advance(15_000)
    await at.quiet()
    expect(at.line.told).toEqual(['call_1 send_sms unknown', 'call_b make_call unknown'])
    expect(at.runs.map(({ tool }) => tool)).toEqual(['send_sms', 'make_call'])
    expect(at.runs[1]?.context.signal.aborted).toBe(true)
    expect((await at.story()).filter((line) => line.startsWith('outcome'))).toEqual([
      'outcome unknown threw',
      'outcome unknown timeout',
    ])
  })

  it('is called back by hang-up; what the handler says later is a better word', async () => {
    await using at = await AtGate.open()
    const late = Promise.withResolvers<{ kind: 'failed'; code: string }>()
    at.doing.set('send_sms', () => late.promise)
    await confirmedUnder(() => undefined, at)
    at.gate.end('hungUp')
    await at.quiet()
    late.resolve({ kind: 'failed', code: 'nothingSent' })
    await at.quiet()
    expect((await at.story()).filter((line) => line.startsWith('outcome'))).toEqual([
      'outcome unknown cancelled',
      'outcome failed nothingSent',
    ])
  })

  it('does not begin when the call is over', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    at.say('Yes.')
    at.gate.end('hungUp')
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('policy_denied deny cancelled')
  })
})
