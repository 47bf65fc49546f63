import { describe, expect, it } from 'vitest'
import { type Planning, planCall } from '../../src/call/plan-call.ts'
import { toolRule } from '../../src/policy/tool-rules.ts'
import type { CallOffer } from '../../src/ports/incoming-calls.ts'
import type { Strength } from '../../src/policy/strength.ts'
import { catalogue } from '../../src/tools/catalogue.ts'
import { offeredTools } from '../../src/tools/offered-tools.ts'
import { sentenceText } from '../../src/prompts/sentences.ts'
import { testPlan } from './support/ports.ts'

const planning: Planning = {
  persona: {
    id: 'assistant',
    name: 'Consigliere',
    language: 'en',
    greeting: 'clip',
    tools: ['end_call', 'make_call'],
    instructions: 'You answer the phone.',
  },
  promptAudio: { clip: (_sentence, _language) => ({ ulaw: new Uint8Array(1), text: '', spoken: true }) },
  tools: testPlan('CA1').tools,
  hasPin: false,
  owner: { phoneNumbers: ['+14155550101'], verification: 'stir_or_pin', timeZone: 'America/New_York' },
  limits: {
    idlePromptSeconds: 12,
    callMaxSeconds: 3_600,
    silentModelDeadlineMs: 8_000,
    unclaimedSessionMs: 15_000,
    nonceTtlMs: 60_000,
  },
  safetyKey: 'key',
  fallbackPhoneNumber: undefined,
}
const atMs = Date.parse('2026-11-28T18:05:30Z')
const offer = { callSid: 'CA1', from: '+14155550123', to: '+14155550100', direction: 'inbound' } as const

describe('planCall()', () => {
  it('tells each session what time it is then in the zone of the owner', () => {
    const { session } = planCall({ ...offer, from: '+14155550101' }, planning)
    const told = [atMs, atMs + 3_600_000].map(
      (now) => session({ resumed: true, strength: 'S2', atMs: now }).instructions,
    )
    expect(told[0]).toContain('Saturday, 2026-11-28, 13:05 (America/New_York, UTC-05:00)')
    expect(told[1]).toContain('14:05 (America/New_York')
  })

  it('tells everybody but the owner first that an assistant speaks', () => {
    expect(planCall(offer, planning).rules.opening).toEqual(['disclosure', 'greeting'])
    expect(planCall({ ...offer, from: 'anonymous' }, planning).rules.opening[0]).toBe('disclosure')
    const owner = planCall({ ...offer, from: '+14155550101' }, planning)
    expect(owner).toMatchObject({ actor: 'owner', rules: { opening: ['ownerGreeting'], modelGreets: false } })
  })

  it('never raises the actor of a call that another process took: the attestation is not known any more', () => {
    const owned = { ...offer, from: '+14155550101' }
    const failed = planCall({ ...owned, stirVerstat: 'TN-Validation-Failed-A' }, planning)
    expect(failed.actor).toBe('external')
    expect(planCall(owned, planning, failed.actor)).toMatchObject({
      actor: 'external',
      rules: { opening: ['disclosure', 'greeting'] },
    })
    expect(planCall(owned, planning, 'owner').actor).toBe('owner')
    expect(planCall(offer, planning, 'owner').actor).toBe('external')
  })

  it('takes the number of the other party for certain where we called it, or the network vouches for it', () => {
    const isProven = (change: Partial<CallOffer>) =>
      planCall({ ...offer, ...change }, planning).isNumberProven
    expect(isProven({ stirVerstat: 'TN-Validation-Passed-A' })).toBe(true)
    expect(isProven({ stirVerstat: 'TN-Validation-Passed-B' })).toBe(false)
    expect(isProven({})).toBe(false)
    expect(isProven({ direction: 'outbound' })).toBe(true)
  })

  it('rings the person of the settings, but not on the telephone that calls', () => {
    const fallbackPhoneNumber = '+14155550102'
    const { ladder } = planCall(offer, { ...planning, fallbackPhoneNumber })
    expect(ladder.person).toEqual({ number: fallbackPhoneNumber, callerId: '+14155550100' })
    expect(planCall(offer, planning).ladder.person).toBeUndefined()
    const own = planCall({ ...offer, from: fallbackPhoneNumber }, { ...planning, fallbackPhoneNumber })
    expect(own.ladder.person).toBeUndefined()
    const persona = { ...planning.persona, apology: 'The cat sits on the cable.' }
    expect(planCall(offer, { ...planning, persona }).ladder.words.opening).toBe(
      `${sentenceText('disclosure', 'en')} The cat sits on the cable.`,
    )
  })

  it('lets the model greet when the persona says so, after the disclosure', () => {
    const persona = { ...planning.persona, greeting: 'model' as const }
    expect(planCall(offer, { ...planning, persona }).rules).toMatchObject({
      opening: ['disclosure'],
      modelGreets: true,
    })
  })

  it('a disclosure without a clip is left to the model', () => {
    const promptAudio: Planning['promptAudio'] = {
      clip: () => ({ ulaw: new Uint8Array(1), text: '', spoken: false }),
    }
    expect(
      planCall(offer, { ...planning, promptAudio }).session({ resumed: false, strength: 'S0', atMs })
        .instructions,
    ).toContain(sentenceText('disclosure', 'en'))
    expect(
      planCall(offer, planning).session({ resumed: false, strength: 'S0', atMs }).instructions,
    ).toContain('Do not greet again')
  })

  it('a resumed session is not told to greet, and only tools that exist are named', () => {
    const plan = planCall(offer, planning)
    expect(plan.session({ resumed: true, strength: 'S0', atMs }).instructions).toContain('under way')
    expect(plan.session({ resumed: false, strength: 'S0', atMs }).instructions).not.toContain('make_call')
  })

  it('safetyIdentifier is stable for a caller, differs between callers and keys, and hides the number', () => {
    const one = planCall(offer, planning).safetyIdentifier
    expect(one).toMatch(/^[0-9a-f]{32}$/)
    expect(planCall({ ...offer, callSid: 'CA2' }, planning).safetyIdentifier).toBe(one)
    expect(planCall({ ...offer, from: '+14155550124' }, planning).safetyIdentifier).not.toBe(one)
    expect(planCall(offer, { ...planning, safetyKey: 'other' }).safetyIdentifier).not.toBe(one)
  })

  it('lists the tools that the strength of the moment allows, of those that the persona works with', () => {
    const handlers = new Map(
      catalogue.map(({ name }) => [name, async () => ({ kind: 'done', result: {} }) as const]),
    )
    const tools = offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
    const names = ['end_call', 'send_sms', 'find_contact', 'web_research', 'take_message']
    const all = { ...planning, tools, persona: { ...planning.persona, tools: names } }
    const listed = (strength: Strength, hasPin = true) =>
      planCall(offer, { ...all, hasPin })
        .session({ resumed: false, strength, atMs })
        .tools.map(({ name }) => name)
    expect(listed('S0')).toEqual(['take_message', 'end_call'])
    expect(listed('S1')).toEqual(['send_sms', 'web_research', 'take_message', 'end_call'])
    // Without a PIN nothing could ever come of it.
    expect(listed('S1', false)).toEqual(['web_research', 'take_message', 'end_call'])
    expect(listed('S2')).toEqual(['send_sms', 'web_research', 'take_message', 'find_contact', 'end_call'])
    expect(planCall(offer, all).tools).toHaveLength(5)
    expect(planCall(offer, all).session({ resumed: false, strength: 'S0', atMs }).instructions).not.toContain(
      'send_sms',
    )
  })

  it('knows the caller as well as the network and the PIN do, and no better after a transfer', () => {
    const owned = { ...offer, from: '+14155550101' }
    const now = { pinRight: false, transferred: false }
    const strengths = (stirVerstat: string | undefined, recorded?: 'owner' | 'external') => {
      const plan = planCall(
        { ...owned, ...(stirVerstat !== undefined && { stirVerstat }) },
        planning,
        recorded,
      )
      return [now, { ...now, pinRight: true }, { pinRight: true, transferred: true }].map(plan.strength)
    }
    expect(strengths('TN-Validation-Passed-A')).toEqual(['S2', 'S3', 'S0'])
    expect(strengths(' TN-Validation-Passed-A')).toEqual(['S1', 'S3', 'S0'])
    expect(strengths('tn-validation-passed-a')).toEqual(['S1', 'S3', 'S0'])
    expect(strengths(undefined)).toEqual(['S1', 'S3', 'S0'])
    expect(strengths('TN-Validation-Failed-A')).toEqual(['S0', 'S0', 'S0'])
    expect(strengths('TN-Validation-Passed-A', 'external')).toEqual(['S0', 'S0', 'S0'])
    expect(planCall({ ...owned, direction: 'outbound' }, planning).strength(now)).toBe('S0')
  })
})
