import { describe, expect, it } from 'vitest'
import { type Circumstances, decide, decideBy } from '../../src/policy/decide.ts'
import { offerableTools, toolRule } from '../../src/policy/tool-rules.ts'
import { seededRandom } from '../../src/sim/caller/random.ts'
import { confirmation } from './records.ts'

const record = confirmation({ state: 'confirmed', evidence: { by: 'keypad', atMs: 9 } })
const { nonce } = record
const plain: Circumstances = {
  tool: 'send_sms',
  hash: record.hash,
  sessionId: record.sessionId,
  actorId: record.actorId,
  strength: 'S2',
  channel: 'voice',
  isInScope: true,
  verification: 'stir_or_pin',
  pin: 'open',
  turn: { hasPrivate: false, hasUntrusted: false },
  destination: { ok: true },
  isFirstDestination: false,
  firstDestinations: 'allow',
  limits: { ok: true },
  isAuditWritable: true,
}

/** The decision in short: its kind and its reasons. */
function short(change: Partial<Circumstances>): string {
  const { kind, reasons } = decide({ ...plain, ...change })
  return [kind, ...reasons].join(' ')
}

const highRisk = ['make_call', 'send_sms', 'send_email', 'calendar_create_event', 'calendar_update_event']
const high = [...highRisk, 'calendar_cancel_event']
const ownerOnly = ['list_emails', 'read_email', 'calendar_list_upcoming', 'find_contact']
const forAll = ['take_message', 'end_call']
const strengths = ['S0', 'S1', 'S2', 'S3', 'S4'] as const

describe('decide() by tool and strength', () => {
  it.each(high)(
    '%s: nothing for an outsider, the PIN for a line without proof, a yes for the owner',
    (tool) => {
      expect(strengths.map((strength) => short({ tool, strength }))).toEqual([
        'deny tooWeak outsider',
        'pinRequired pin',
        'confirm highRisk',
        'confirm highRisk',
        'confirm highRisk',
      ])
    },
  )

  it.each(ownerOnly)('%s: for the owner whose line is proven', (tool) => {
    expect(strengths.map((strength) => short({ tool, strength }))).toEqual([
      'deny tooWeak',
      'deny tooWeak',
      'allow lowRisk',
      'allow lowRisk',
      'allow lowRisk',
    ])
  })

  it.each(forAll)('%s: for everybody', (tool) => {
    for (const strength of strengths) expect(short({ tool, strength })).toBe('allow lowRisk')
  })

  it('web_research: for the owner, proven or not', () => {
    expect(strengths.map((strength) => short({ tool: 'web_research', strength }))).toEqual([
      'deny tooWeak',
      'allow lowRisk',
      'allow lowRisk',
      'allow lowRisk',
      'allow lowRisk',
    ])
  })

  it.each(['', 'fly', 'MAKE_CALL', 'make_call ', '__proto__', 'constructor', 'toString'])(
    '%j: unknown, so high-risk and refused, also with a key',
    (tool) => {
      for (const strength of strengths) expect(short({ tool, strength })).toMatch(/^deny unknownTool/)
      expect(short({ tool, strength: 'S4', channel: 'rest' })).toBe('deny unknownTool')
      expect(toolRule(tool)).toBeUndefined()
    },
  )
})

describe('decide() of a line without proof', () => {
  const line = { strength: 'S1' } as const

  it('asks for the PIN where one is configured, and refuses where none is or three were wrong', () => {
    for (const verification of ['stir_or_pin', 'pin'] as const) {
      expect(short({ ...line, verification })).toBe('pinRequired pin')
      expect(short({ ...line, verification, pin: 'notConfigured' })).toBe('deny noPinConfigured')
      expect(short({ ...line, verification, pin: 'refused' })).toBe('deny pinRefused')
    }
  })

  it('asks for a yes where the line alone was chosen to be enough', () => {
    expect(short({ ...line, verification: 'caller_id', pin: 'notConfigured' })).toBe('confirm highRisk')
  })

  it('keeps a proposal by message for a key, and takes a reply only where the line alone is enough', () => {
    const sms = { ...plain, ...line, channel: 'sms', pin: 'notConfigured' } as const
    const byKey = { kind: 'confirm', reasons: ['highRisk'], answerBy: 'apiKey' }
    const byReply = { kind: 'confirm', reasons: ['highRisk'], answerBy: 'caller' }
    expect(decide({ ...sms, verification: 'stir_or_pin' })).toEqual(byKey)
    expect(decide({ ...sms, verification: 'pin' })).toEqual(byKey)
    expect(decide({ ...sms, verification: 'caller_id' })).toEqual(byReply)
    const first = { isFirstDestination: true, firstDestinations: 'pin', verification: 'caller_id' } as const
    expect(decide({ ...sms, ...first })).toEqual(byKey)
  })

  it('does not run what a reply approved where only a key may', () => {
    const confirmed = { record: { ...record, evidence: { by: 'message', atMs: 9 } as const }, nonce }
    const sms = { ...line, channel: 'sms', pin: 'notConfigured' } as const
    expect(short({ ...sms, confirmation: confirmed })).toBe('deny confirmationMismatch')
    expect(short({ ...sms, verification: 'caller_id', confirmation: confirmed })).toBe('allow confirmed')
  })

  it('runs what a key approved without a PIN', () => {
    const byKey = {
      record: { ...record, evidence: { by: 'apiKey', keyName: 'desk', atMs: 9 } as const },
      nonce,
    }
    expect(short({ ...line, confirmation: byKey })).toBe('allow confirmed')
    expect(short({ ...line, channel: 'sms', confirmation: byKey })).toBe('allow confirmed')
    expect(short({ ...line, confirmation: { record, nonce } })).toBe('pinRequired pin')
  })
})

describe('decide() of a first destination', () => {
  const first = { isFirstDestination: true, firstDestinations: 'pin' } as const

  it('needs the PIN where that is configured, whatever the line proves', () => {
    expect(short({ ...first })).toBe('pinRequired pin')
    expect(short({ ...first, verification: 'caller_id' })).toBe('pinRequired pin')
    expect(short({ ...first, pin: 'notConfigured' })).toBe('deny noPinConfigured')
    expect(short({ ...first, pin: 'refused' })).toBe('deny pinRefused')
    expect(short({ ...first, strength: 'S3' })).toBe('confirm highRisk')
    expect(short({ ...first, isFirstDestination: false })).toBe('confirm highRisk')
    expect(short({ ...first, firstDestinations: 'allow' })).toBe('confirm highRisk')
    expect(short({ ...first, strength: 'S4', channel: 'chat' })).toBe('confirm highRisk')
  })
})

describe('decide() of what a confirmation allows', () => {
  it('allows exactly what was confirmed, and names the record', () => {
    expect(decide({ ...plain, confirmation: { record, nonce } })).toEqual({
      kind: 'allow',
      reasons: ['confirmed'],
      confirmationId: record.id,
    })
  })

  it.each([
    ['proposed', { state: 'proposed' }],
    ['asked', { state: 'asked' }],
    ['denied', { state: 'denied' }],
    ['expired', { state: 'expired' }],
    ['superseded', { state: 'superseded' }],
    ['cancelled', { state: 'cancelled' }],
    ['used already', { use: 'committed' }],
    ['used and done', { use: 'finished' }],
    ['revoked', { use: 'revoked' }],
    ['for other arguments', { hash: 'hash-2' }],
    ['for another tool', { tool: 'make_call' }],
    ['of another session', { sessionId: 'session-2' }],
    ['of another actor', { actorId: 'somebody' }],
    ['with another nonce', { nonce: 'fedcba9876543210fedcba9876543210' }],
  ] as const)('refuses one that is %s', (_what, change) => {
    expect(short({ confirmation: { record: { ...record, ...change }, nonce } })).toBe(
      'deny confirmationMismatch',
    )
  })

  it('still refuses what became wrong since the question', () => {
    const confirmed = { confirmation: { record, nonce } }
    expect(short({ ...confirmed, destination: { ok: false, reason: 'quietHours' } })).toBe('deny quietHours')
    expect(short({ ...confirmed, destination: undefined })).toBe('deny destinationUnchecked')
    expect(short({ ...confirmed, limits: { ok: false, reason: 'budget' } })).toBe('deny budget')
    expect(short({ ...confirmed, isAuditWritable: false })).toBe('deny auditUnavailable')
    expect(short({ ...confirmed, strength: 'S0' })).toBe('deny tooWeak outsider')
  })
})

describe('decide() of the rest', () => {
  it('takes a request with a key of the scope for the confirmation, under the same limits', () => {
    const request = { channel: 'rest', strength: 'S4' } as const
    expect(decide({ ...plain, ...request })).toEqual({ kind: 'allow', reasons: ['requestWithKey'] })
    expect(short({ ...request, isInScope: false })).toBe('deny scope')
    expect(short({ ...request, destination: { ok: false, reason: 'perDay' } })).toBe('deny perDay')
    expect(short({ ...request, isAuditWritable: false })).toBe('deny auditUnavailable')
    expect(short({ channel: 'rest', strength: 'S3' })).toBe('confirm highRisk')
    expect(short({ channel: 'chat', strength: 'S4' })).toBe('confirm highRisk')
  })

  it("asks before private words leave in the same turn as a stranger's words came in", () => {
    const legs = { turn: { hasPrivate: true, hasUntrusted: true } }
    expect(short({ ...legs, tool: 'web_research' })).toBe('confirm threeLegs')
    expect(short({ ...legs })).toBe('confirm highRisk threeLegs')
    expect(short({ ...legs, tool: 'end_call' })).toBe('allow lowRisk')
    for (const turn of [
      { hasPrivate: true, hasUntrusted: false },
      { hasPrivate: false, hasUntrusted: true },
    ])
      expect(short({ turn, tool: 'web_research' })).toBe('allow lowRisk')
    const search = { ...record, tool: 'web_research' }
    expect(short({ ...legs, tool: 'web_research', confirmation: { record: search, nonce } })).toBe(
      'allow lowRisk confirmed',
    )
  })

  it('lets talk go on when the audit cannot be written', () => {
    expect(short({ tool: 'end_call', strength: 'S0', isAuditWritable: false })).toBe('allow lowRisk')
  })

  it('denies when a rule throws', () => {
    const broken = {
      ...plain,
      tool: 'end_call',
      get limits(): Circumstances['limits'] {
        throw new Error('Cannot count')
      },
    }
    expect(decide(broken)).toEqual({ kind: 'deny', reasons: ['ruleFailed'] })
  })
})

describe('decideBy()', () => {
  const rows = (['allow', 'confirm', 'pinRequired', 'deny'] as const).map((effect) => ({
    effect,
    reason: () => `${effect}s`,
  }))

  it('denies when no row applies', () => {
    expect(decideBy([], plain)).toEqual({ kind: 'deny', reasons: ['nothingAllows'] })
    expect(decideBy([{ effect: 'allow', reason: () => false }], plain).kind).toBe('deny')
  })

  it('lets a row that denies win, then one for the PIN, then one for a yes', () => {
    const kinds = [1, 2, 3, 4].map((count) => decideBy(rows.slice(0, count), plain).kind)
    expect(kinds).toEqual(['allow', 'confirm', 'pinRequired', 'deny'])
    expect(decideBy(rows.toReversed(), plain)).toEqual({ kind: 'deny', reasons: ['denys'] })
  })
})

describe('decide() at random', () => {
  it('lets no high-risk tool run without a fitting record or a key, and nothing unknown at all', () => {
    const random = seededRandom(8)
    const one = <Item>(...items: readonly Item[]): Item => items[random.whole(items.length)] as Item
    const counts = { allow: 0, confirm: 0, pinRequired: 0, deny: 0 }
    const faults: string[] = []
    for (let run = 0; run < 30_000; run += 1) {
      const fitting = random.whole(2) === 0
      const changed = {
        ...record,
        ...(fitting
          ? {}
          : one<object>({ hash: 'x' }, { state: 'asked' }, { use: 'committed' }, { nonce: 'x' })),
      }
      const now: Circumstances = {
        ...plain,
        tool: one(
          ...high,
          ...ownerOnly,
          ...forAll,
          'web_research',
          'fly',
          'send_sms',
          'send_sms',
          'send_sms',
        ),
        strength: one(...strengths),
        channel: one('voice', 'sms', 'chat', 'rest'),
        isInScope: random.whole(5) > 0,
        verification: one('stir_or_pin', 'pin', 'caller_id'),
        pin: one('notConfigured', 'open', 'refused'),
        turn: { hasPrivate: one(true, false), hasUntrusted: one(true, false) },
        destination: one({ ok: true } as const, { ok: true } as const, undefined, {
          ok: false,
          reason: 'country',
        } as const),
        isFirstDestination: one(true, false),
        firstDestinations: one('allow', 'pin'),
        limits: random.whole(5) > 0 ? { ok: true } : { ok: false, reason: 'budget' },
        isAuditWritable: random.whole(5) > 0,
        confirmation: one(undefined, { record: changed, nonce }),
      }
      const decision = decide(now)
      counts[decision.kind] += 1
      if (decision.kind !== 'allow') continue
      const fits = now.confirmation !== undefined && fitting && now.tool === 'send_sms'
      const isRequest = now.channel === 'rest' && now.strength === 'S4'
      const rule = toolRule(now.tool)
      const isHigh = rule?.risk !== 'low'
      const legs = rule?.isOutward === true && now.turn.hasPrivate && now.turn.hasUntrusted
      if (!rule || !now.isInScope || !now.limits.ok) faults.push(`refused: ${JSON.stringify(now)}`)
      if (now.destination?.ok === false) faults.push(`destination: ${JSON.stringify(now)}`)
      if ((isHigh || legs) && !fits && !isRequest) faults.push(`no yes: ${JSON.stringify(now)}`)
      if (isHigh && (now.strength === 'S0' || !now.isAuditWritable))
        faults.push(`high: ${JSON.stringify(now)}`)
      if (isHigh && now.channel === 'voice' && now.strength === 'S1' && now.verification !== 'caller_id')
        faults.push(`no PIN: ${JSON.stringify(now)}`)
    }
    expect(faults).toEqual([])
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(30)
  })
})

describe('offerableTools()', () => {
  it('names what a strength may be offered', () => {
    expect(offerableTools((least) => least === 'S0')).toEqual(['take_message', 'end_call'])
    expect(offerableTools(() => true)).toHaveLength(13)
  })
})
