import { describe, expect, it } from 'vitest'
import { auditRedaction } from '../../src/ops/audit-redaction.ts'
import type { AuditEvent } from '../../src/ports/audit.ts'

/** What an event keeps when an object at run time carries more than its type says. */
function keptOf(data: object): unknown {
  return auditRedaction({ kind: 'decision', data }).data
}

describe('auditRedaction()', () => {
  it('keeps an event whose every field is as it should be', () => {
    const event: AuditEvent = {
      kind: 'outcome',
      actor: 'person_0a1b2c3d4e5f60718293a4b5',
      strength: 'S3',
      session: `CA${'0f'.repeat(16)}`,
      tool: 'send_sms',
      argumentsHash: 'ab'.repeat(32),
      data: {
        destination: 'person_ffffffffffffffffffffffff',
        provider: `SM${'41'.repeat(16)}`,
        proposal: '0b8f1c4e-5a63-4c88-9d3c-2f1e6f7a8b9c',
        item: 'item_CxYz123abc',
        notice: `RE${'5b'.repeat(16)}`,
        state: 'done',
        reasons: ['firstDestination', 'taint.mail'],
        version: '0.1.0',
        elapsedMs: 0,
        textHash: 'cd'.repeat(32),
      },
    }
    expect(auditRedaction(event)).toEqual(event)
  })

  it.each([
    ['person', '+14155550123'],
    ['person', 'person_14155550123'],
    ['destination', '14155550123'],
    ['state', 'please call me'],
    ['state', 'x14155550123'],
    ['reason', 'owner@example.org'],
    ['decision', 'käufer'],
    ['count', 14_155_550_123],
    ['count', 1.5],
    ['count', '12'],
    ['attempts', Number.NaN],
    ['code', '4155550123'],
    ['code', '415555'],
    ['code', 21_610],
    ['textHash', 'ab'.repeat(31)],
    ['textHash', 'the words themselves'],
    ['version', '14155550123'],
    ['item', { toString: () => 'item_abcdefgh' }],
    ['words', 'a field that nobody knows'],
    ['__proto__x', 'y'],
  ])('leaves out %s with the value %j, and counts that', (name, value) => {
    expect(keptOf({ [name]: value })).toEqual({ omitted: 1 })
  })

  it.each(['21610', '503', 'timeout', 'http_429'])('keeps the code %s', (code) => {
    expect(keptOf({ code })).toEqual({ code })
  })

  it('keeps of a list what is a code, and twenty of them', () => {
    expect(keptOf({ reasons: ['one', 'call +14155550123', 7, 'two'] })).toEqual({ reasons: ['one', 'two'] })
    expect(keptOf({ reasons: Array.from({ length: 30 }, () => 'code') })).toEqual({
      reasons: Array.from({ length: 20 }, () => 'code'),
    })
  })

  it('keeps of who and where nothing but ids, and of a tool its name', () => {
    const odd = {
      kind: 'auth',
      actor: '+14155550123',
      session: 'my session',
      tool: 'Send SMS',
      strength: 'S9',
      argumentsHash: 'none',
    } as unknown as AuditEvent
    expect(auditRedaction(odd)).toEqual({ kind: 'auth', data: { omitted: 5 } })
    for (const actor of ['server', 'key:ci-2', 'person_0a1b2c3d4e5f60718293a4b5']) {
      expect(auditRedaction({ kind: 'auth', actor })).toEqual({ kind: 'auth', actor, data: {} })
    }
  })

  it('leaves out words that are no list', () => {
    expect(keptOf({ reasons: 'firstDestination' })).toEqual({ omitted: 1 })
  })
})
