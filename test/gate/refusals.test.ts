import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { argumentsHash } from '../../src/policy/arguments-hash.ts'
import { toolRule } from '../../src/policy/tool-rules.ts'
import { catalogue } from '../../src/tools/catalogue.ts'
import { offeredTools } from '../../src/tools/offered-tools.ts'
import { ann, AtGate, sms } from './at-gate.ts'

function noSchema(): never {
  throw new Error('No schema')
}

describe('a tool call that is not run', () => {
  it.each<[string, string, string]>([
    ['a key twice', `{"to_number":"${ann}","body":"a","body":"b"}`, 'invalidArguments duplicateKeys'],
    [
      'a key twice in other signs',
      `{"to_number":"${ann}","body":"a","bod\\u0079":"b"}`,
      'invalidArguments duplicateKeys',
    ],
    ['no JSON', '{"to_number":', 'invalidArguments notJson'],
    ['nothing', '', 'invalidArguments notJson'],
    ['a list', '[]', 'invalidArguments schema'],
    ['null', 'null', 'invalidArguments schema'],
    ['a further field', JSON.stringify({ ...sms, more: 1 }), 'invalidArguments schema'],
    ['too much', JSON.stringify({ ...sms, body: 'x'.repeat(9_000) }), 'invalidArguments tooLong'],
    ['too deep a nest', `${'['.repeat(40)}${']'.repeat(40)}`, 'invalidArguments tooDeep'],
  ])('because its arguments have %s', async (_what, text, why) => {
    await using at = await AtGate.open()
    const answer = await at.propose('send_sms', text)
    expect(answer.status).toBe('invalidArguments')
    expect(JSON.parse(answer.output)).toMatchObject({ status: 'invalid_arguments' })
    await at.quiet()
    expect(await at.story()).toEqual([`policy_denied deny ${why}`])
    expect(at.line.asked).toEqual([])
  })

  it('because its schema fails on its arguments', async () => {
    const handlers = new Map([['find_contact', async () => ({ kind: 'done', result: {} }) as const]])
    const [tool] = offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
    if (!tool) throw new Error('No tool')
    await using at = await AtGate.open({ tools: [{ ...tool, read: noSchema }] })
    expect(await at.propose('find_contact', { name: 'Ann' })).toMatchObject({ status: 'invalidArguments' })
  })

  it('because nobody knows the tool, or nobody does it', async () => {
    await using at = await AtGate.open({ tools: [] })
    const unknown = await at.propose('launch_rocket', {})
    expect(JSON.parse(unknown.output)).toMatchObject({ status: 'refused', reason: 'unknownTool' })
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'refused' })
    await at.quiet()
    const [first, second] = await at.audited()
    expect(first).toMatchObject({ kind: 'policy_denied' })
    expect(first?.data.reasons).toContain('unknownTool')
    expect(first?.tool).toBeUndefined()
    expect(second).toMatchObject({ tool: 'send_sms', data: { reasons: ['notOffered'] } })
  })

  it('because whoever asks may not have it', async () => {
    await using at = await AtGate.open()
    at.standing = { ...at.standing, strength: 'S0' }
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'refused' })
    expect(await at.propose('find_contact', { name: 'Ann' })).toMatchObject({ status: 'refused' })
    await at.quiet()
    expect(await at.story()).toEqual(['policy_denied deny tooWeak outsider', 'policy_denied deny tooWeak'])
    expect(at.runs).toEqual([])
  })

  it('because nothing could be found out about its destination', async () => {
    await using at = await AtGate.open()
    at.reachFails = true
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'refused' })
    await at.quiet()
    expect(await at.story()).toEqual(['policy_denied deny destinationUnchecked'])
  })

  it('because a fact it depends on cannot be told', async () => {
    await using at = await AtGate.open()
    const { strength, pin, isInScope } = at.standing
    at.standing = {
      strength,
      pin,
      isInScope,
      get limits(): never {
        throw new Error('No budget')
      },
    }
    expect(await at.propose('find_contact', { name: 'Ann' })).toMatchObject({ status: 'refused' })
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'refused' })
    expect(await at.propose('launch_rocket', {})).toMatchObject({ status: 'unknownTool' })
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(await at.story()).toEqual(Array.from({ length: 3 }, () => 'policy_denied deny ruleFailed'))
  })

  it('because no question can be asked about it', async () => {
    await using at = await AtGate.open()
    expect(await at.propose('calendar_cancel_event', { event_id: 'e1' })).toMatchObject({ status: 'refused' })
    await at.quiet()
    expect(await at.story()).toEqual(['policy_denied deny noQuestion'])
  })

  it('because its id belongs to another', async () => {
    await using at = await AtGate.open()
    const first = await at.propose('send_sms', sms, { callId: 'call_a' })
    expect(await at.propose('send_sms', sms, { callId: 'call_a' })).toEqual(first)
    const other = await at.propose('send_sms', { ...sms, body: 'x' }, { callId: 'call_a' })
    expect(JSON.parse(other.output)).toMatchObject({ reason: 'callIdReused' })
    await at.quiet()
    expect(at.line.asked).toHaveLength(1)
    expect(await at.story()).toContain('policy_denied deny callIdReused')
  })

  it('because its id is none of the model, or so old that its answer is gone', async () => {
    await using at = await AtGate.open()
    const long = await at.propose('end_call', {}, { callId: 'c'.repeat(257) })
    expect(JSON.parse(long.output)).toMatchObject({ reason: 'callIdTooLong' })
    for (let count = 1; count <= 17; count += 1) await at.propose('end_call', {}, { callId: `call_${count}` })
    const old = await at.propose('end_call', {}, { callId: 'call_1' })
    expect(JSON.parse(old.output)).toMatchObject({ status: 'refused', reason: 'answeredAlready' })
    expect(at.count('end_call')).toBe(17)
  })

  it('because the call ended while it was looked at, or written down', async () => {
    await using at = await AtGate.open()
    const slow = Promise.withResolvers<void>()
    at.reaching.set('send_sms', slow.promise)
    const looked = at.propose('send_sms', sms)
    await at.quiet()
    at.gate.end('hungUp')
    slow.resolve()
    expect(JSON.parse((await looked).output)).toMatchObject({ reason: 'closing' })
    await using other = await AtGate.open()
    other.after.set('insertProposal', () => other.gate.end('hungUp'))
    const written = await other.propose('send_sms', sms)
    expect(JSON.parse(written.output)).toMatchObject({ status: 'refused', reason: 'closing' })
    await other.quiet()
    expect(other.line.asked).toEqual([])
    expect(await other.story()).toContain('policy_denied deny refused')
  })

  it('and is recorded 512 times in a session', async () => {
    await using at = await AtGate.open()
    await at.propose('end_call', {}, { callId: 'call_a' })
    for (let batch = 1; batch <= 2; batch += 1) {
      const again = Array.from({ length: 260 }, () => at.propose('take_message', {}, { callId: 'call_a' }))
      expect(new Set((await Promise.all(again)).map(({ status }) => status))).toEqual(new Set(['refused']))
      await at.quiet()
    }
    const denied = (await at.story()).filter((line) => line.startsWith('policy_denied'))
    expect(denied).toHaveLength(512)
  })

  it('because there were too many', async () => {
    await using at = await AtGate.open()
    const answers = await Promise.all(Array.from({ length: 257 }, () => at.propose('end_call', {})))
    expect(answers.at(-2)?.status).toBe('done')
    expect(answers.at(-1)?.status).toBe('busy')
  })
})

describe('a proposal', () => {
  it('that comes again while it is open joins the one question, and both calls hear of it', async () => {
    await using at = await AtGate.open()
    await Promise.all([at.propose('send_sms', sms), at.propose('send_sms', sms)])
    at.hear()
    at.say('Yes.')
    await at.quiet()
    expect(at.count('send_sms')).toBe(1)
    expect(at.line.asked).toHaveLength(1)
    expect(at.line.told).toEqual(['call_1 send_sms done', 'call_2 send_sms done'])
    expect(await at.story()).toContain('proposal joined')
    const beside = new DatabaseSync(at.databasePath, { readOnly: true })
    expect(beside.prepare('select call_id from proposals').all()).toEqual([{ call_id: 'call_1' }])
    beside.close()
  })

  it('is decided on before any that comes later, however long that takes', async () => {
    await using at = await AtGate.open()
    const slow = Promise.withResolvers<void>()
    at.reaching.set('send_sms', slow.promise)
    const first = at.propose('send_sms', sms)
    await at.quiet()
    at.reaching.delete('send_sms')
    const second = at.propose('send_sms', { ...sms, body: 'I am late' })
    await at.quiet()
    slow.resolve()
    await Promise.all([first, second])
    expect(at.question().text).toContain('I am late')
    expect(at.line.told).toEqual(['call_1 send_sms superseded'])
  })

  it('that goes to nobody is no first destination, which would need the PIN', async () => {
    await using at = await AtGate.open({ firstDestinations: 'pin' })
    const event = {
      title: 'Dentist',
      start: '2031-03-04T10:00',
      end: '2031-03-04T11:00',
      time_zone: 'Europe/London',
    }
    expect((await at.propose('calendar_create_event', event)).output).toContain('confirmation_required')
    at.reach = { ...at.reach, isFirst: true }
    expect((await at.propose('send_sms', sms)).output).toContain('pin_required')
  })

  it('to end the call waits for the answer to a question, and for what was agreed to', async () => {
    const done = Promise.withResolvers<void>()
    await using at = await AtGate.open()
    at.doing.set('send_sms', async () => {
      await done.promise
      return { kind: 'done', result: {} }
    })
    await at.propose('send_sms', sms)
    const ends = async () => await at.propose('end_call', {})
    expect(await ends()).toMatchObject({
      status: 'waits',
      output: expect.stringContaining('confirmationOpen') as unknown,
    })
    at.hear()
    expect((await ends()).status).toBe('waits')
    at.say('Yes.')
    expect((await ends()).status).toBe('waits')
    done.resolve()
    await at.quiet()
    expect((await ends()).status).toBe('done')
    expect(at.count('send_sms')).toBe(1)
  })

  it('that comes again afterwards needs its own question, and another turn of the caller', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    at.hear()
    at.say('Yes.')
    await at.quiet()
    expect(JSON.parse((await at.propose('send_sms', sms)).output)).toMatchObject({ reason: 'decidedAlready' })
    at.clock.advance(1_000)
    at.say('Do it again.')
    await at.propose('send_sms', sms)
    at.hear()
    at.say('Yes.')
    await at.quiet()
    expect(at.line.asked).toHaveLength(2)
    expect(at.count('send_sms')).toBe(2)
  })

  it('that is one too many is busy, and nothing of it stays open', async () => {
    await using at = await AtGate.open()
    const responseId = 'resp_one'
    const bodies = ['a', 'b', 'c', 'd', 'e', 'f']
    const answers = await Promise.all(
      bodies.map((body) => at.propose('send_sms', { ...sms, body }, { responseId })),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses).toEqual(['waits', 'waits', 'waits', 'waits', 'busy', 'busy'])
    await at.quiet()
    const proposals = (await at.audited()).filter(({ kind }) => kind === 'proposal')
    const states = await Promise.all(
      proposals.map(async ({ data }) => await at.records.effects.findConfirmation(data.proposal ?? '')),
    )
    expect(states.map((one) => one?.state)).toEqual([
      'proposed',
      'proposed',
      'proposed',
      'proposed',
      'cancelled',
      'cancelled',
    ])
  })

  it('of an owner without proof waits for the PIN, and is asked about without a new call', async () => {
    await using at = await AtGate.open()
    at.standing = { ...at.standing, strength: 'S1' }
    const answer = await at.propose('send_sms', sms)
    expect(JSON.parse(answer.output)).toMatchObject({ status: 'pin_required' })
    expect(at.line.asked).toEqual([])
    at.standing = { ...at.standing, strength: 'S3' }
    at.gate.feed({ kind: 'pinRight' })
    at.hear()
    at.say('Yes.')
    await at.quiet()
    expect(at.count('send_sms')).toBe(1)
  })

  it('can be approved once by a key that names exactly what it approves', async () => {
    await using at = await AtGate.open()
    await at.propose('send_sms', sms)
    const { id } = at.question()
    const approve = (hash = argumentsHash('send_sms', sms)) =>
      at.gate.feed({ kind: 'approved', id, hash, keyName: 'console' })
    approve('0'.repeat(64))
    approve()
    approve()
    await at.quiet()
    approve()
    await at.quiet()
    expect(at.line.approvals).toEqual(['mismatch', 'accepted', 'gone', 'gone'])
    expect(at.count('send_sms')).toBe(1)
  })
})
