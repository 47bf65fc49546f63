import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { toolRule } from '../../src/policy/tool-rules.ts'
import type { HandlerResult } from '../../src/ports/tools.ts'
import { catalogue } from '../../src/tools/catalogue.ts'
import { offeredTools } from '../../src/tools/offered-tools.ts'
import { actorId, ann, AtGate, sms } from './at-gate.ts'

function fail(): never {
  throw new Error('the disk is full')
}

async function asked(): Promise<AtGate> {
  const at = await AtGate.open()
  await at.propose('send_sms', sms)
  at.hear()
  return at
}

async function yes(at: AtGate): Promise<void> {
  at.say('Yes.')
  await at.quiet()
}

describe('what was confirmed', () => {
  it('does not run when what is counted with the intent is enough by then, and says of what', async () => {
    await using at = await asked()
    at.reach = { ...at.reach, limit: { sinceMs: 0, objection: () => 'perDay' } }
    await yes(at)
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('policy_denied deny perDay')
    expect(await at.story()).not.toContain('intent')
    await using other = await asked()
    other.reach = { ...other.reach, limit: { sinceMs: 0, objection: () => undefined } }
    await yes(other)
    expect(other.count('send_sms')).toBe(1)
  })

  it('does not run when a no comes while its last record is written', async () => {
    await using at = await asked()
    at.after.set('findProposal', () =>
      at.before.set('record', () => {
        at.before.delete('record')
        at.gate.feed({ kind: 'key', key: '2' })
      }),
    )
    await yes(at)
    expect(at.runs).toEqual([])
    expect(await at.story()).toEqual(
      expect.arrayContaining([
        'decision allow confirmed',
        'answer revoked revoked',
        'policy_denied deny revoked',
      ]),
    )
  })

  it('does not run when its intent is there already', async () => {
    await using at = await asked()
    const { id } = at.question()
    const { sessionId } = at
    const ids = { intentId: 'intent_xanother', scope: sessionId, key: id, sessionId, actor: actorId }
    const what = { tool: 'send_sms', argumentsHash: 'ab'.repeat(32), strength: 'S2', createdAtMs: 0 } as const
    expect(await at.records.effects.claimIntent({ ...ids, ...what })).toMatchObject({ ok: true })
    await yes(at)
    expect(at.runs).toEqual([])
    expect(at.line.told).toEqual(['call_1 send_sms failed'])
    expect(await at.story()).toContain('policy_denied deny duplicate')
  })

  it('does not run when what was stored is another proposal', async () => {
    await using at = await asked()
    await at.quiet()
    const behind = new DatabaseSync(at.databasePath)
    expect(behind.prepare("update proposals set tool = 'make_call'").run().changes).toBe(1)
    behind.close()
    await yes(at)
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('policy_denied deny storedOtherwise')
  })

  it('does not run when it cannot be read', async () => {
    await using at = await asked()
    at.before.set('findProposal', fail)
    await yes(at)
    expect(at.runs).toEqual([])
    expect(at.line.told).toEqual(['call_1 send_sms failed'])
    expect(await at.story()).toContain('policy_denied deny internal')
  })

  it('does not run when nothing can be found out about its destination in time', async () => {
    await using at = await asked()
    at.reaching.set('send_sms', Promise.withResolvers<void>().promise)
    await yes(at)
    at.clock.advance(2_000)
    await at.quiet()
    expect(at.runs).toEqual([])
    expect(await at.story()).toContain('policy_denied deny destinationUnchecked')
  })

  it('is recorded with what the provider calls it, and a late word that nobody knows is none', async () => {
    await using at = await asked()
    const late = Promise.withResolvers<HandlerResult>()
    at.doing.set('make_call', () => late.promise)
    at.doing.set('send_sms', async () => ({ kind: 'done', result: {}, providerId: `SM${'0'.repeat(32)}` }))
    await yes(at)
    const outcome = (await at.audited()).find(({ kind }) => kind === 'outcome')
    expect(outcome?.data).toMatchObject({ state: 'done', provider: `SM${'0'.repeat(32)}` })
    await at.propose('make_call', { to_number: ann, purpose: 'Ask for the time' })
    at.hear()
    await yes(at)
    at.clock.advance(15_000)
    await at.quiet()
    late.resolve({ kind: 'unknown', code: 'lost' })
    await at.quiet()
    expect((await at.story()).filter((line) => line.startsWith('outcome'))).toEqual([
      'outcome done',
      'outcome unknown timeout',
    ])
  })

  it('has an outcome that is given up when it cannot be written for long', async () => {
    await using at = await asked()
    at.before.set('settleIntent', fail)
    await yes(at)
    for (const waitMs of [200, 1_000, 5_000]) {
      at.clock.advance(waitMs)
      await at.quiet()
    }
    expect(at.clock.pendingTimers()).toBe(0)
    expect(at.count('send_sms')).toBe(1)
    expect((await at.story()).filter((line) => line.startsWith('outcome'))).toEqual([])
  })
})

describe('an intent for which no confirmation stands', () => {
  it('is called back, also where nothing runs', async () => {
    await using at = await asked()
    at.gate.feed({ kind: 'intentCommitted', id: 'proposal_that_is_none' })
    expect(at.gate.desk.records).toHaveLength(1)
    await yes(at)
    expect(at.count('send_sms')).toBe(1)
  })
})

describe('a tool call that needs no yes', () => {
  it('is not run when its tool is high-risk and its rule is not', async () => {
    const handlers = new Map([['web_research', async () => ({ kind: 'done', result: {} }) as const]])
    const tools = offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
    await using at = await AtGate.open({ tools: tools.map((tool) => ({ ...tool, risk: 'high' })) })
    const { output } = await at.propose('web_research', { query: 'Why?' })
    expect(JSON.parse(output)).toMatchObject({ status: 'refused', reason: 'unconfirmed' })
  })

  it('is run without a question for a request whose key covers it', async () => {
    await using at = await AtGate.open({ channel: 'rest' })
    at.standing = { ...at.standing, strength: 'S4' }
    expect(await at.propose('send_sms', sms)).toMatchObject({ status: 'done' })
    expect(at.line.asked).toEqual([])
    await at.quiet()
    expect(await at.story()).toEqual(['decision allow requestWithKey', 'intent', 'outcome done'])
  })

  it('is not run when its intent cannot be written', async () => {
    await using at = await AtGate.open()
    at.before.set('claimIntent', fail)
    const { output } = await at.propose('take_message', { message: 'Call me back' })
    expect(JSON.parse(output)).toMatchObject({ status: 'refused', reason: 'intentNotWritten' })
    expect(at.runs).toEqual([])
  })
})
