import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { createLog } from '../../src/ops/logger.ts'
import type { LogFields, LogLevel } from '../../src/ports/log.ts'

const callSid = 'CA00000000000000000000000000000001'

function logged(level: LogLevel = 'debug') {
  const lines: string[] = []
  const log = createLog({
    level,
    clock: new VirtualClock(),
    destination: { write: (line) => void lines.push(line) },
  })
  return { log, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? '{}') }
}

describe('createLog()', () => {
  it('rounds numbers to a hundredth', () => {
    const lines: string[] = []
    const log = createLog({
      level: 'info',
      clock: new VirtualClock(),
      destination: { write: (line) => void lines.push(line) },
    })
    log.event('info', 'opened', { durationMs: 250.08137999999963, count: 3 })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ durationMs: 250.08, count: 3 })
  })

  it('writes one line of JSON with time, level and kind', () => {
    const { log, lines, last } = logged()
    log.event('warn', 'callRefused', { reason: 'busy', count: 3 })
    expect(last()).toEqual({
      level: 'warn',
      time: '2026-11-20T09:00:00.000Z',
      kind: 'callRefused',
      reason: 'busy',
      count: 3,
    })
    expect(lines[0]?.split('\n')).toHaveLength(2)
  })

  it('forCall() puts the call’s id on every line', () => {
    const { log, last } = logged()
    log.forCall(callSid).event('info', 'turn', { itemId: 'item_1' })
    expect(last()).toMatchObject({ callSid, kind: 'turn', itemId: 'item_1' })
  })

  it('writes nothing below its level', () => {
    const { log, lines } = logged('warn')
    log.event('info', 'turn')
    log.forCall(callSid).event('debug', 'turn')
    expect(lines).toEqual([])
  })

  it('shows numbers of from and to by country and last four digits', () => {
    const { log, last } = logged()
    log.event('info', 'ring', { from: '+14155550101', to: 'sip:ann@example.org' })
    expect(last()).toMatchObject({ from: '+1…0101', to: 'sip' })
  })

  it('drops every field that is not on the list, and values of the wrong type', () => {
    const { log, last } = logged()
    const planted = {
      reason: 'kept',
      text: 'spoken words',
      token: 'planted',
      body: { a: 'planted' },
      toJSON: () => 'planted',
      __proto__: { name: 'planted' },
      constructor: 'planted',
      port: '22 planted',
      count: Number.NaN,
      tool: { a: 'planted' },
      missing: ['PUBLIC_URL', { a: 'planted' }, 'sk-planted-planted'],
      name: ['planted'],
      pid: 1,
      level: 'planted',
    } as unknown as LogFields
    log.event('info', 'test', planted)
    expect(last()).toEqual({
      level: 'info',
      time: '2026-11-20T09:00:00.000Z',
      kind: 'test',
      reason: 'kept',
      missing: ['PUBLIC_URL', 'sk-…'],
    })
  })

  it('lets no planted secret through any field', () => {
    const { log, lines } = logged()
    const secret = 'Zq7WvPlanted'
    const planted = [
      `sk-${secret}`,
      `Bearer ${secret}`,
      `https://${secret}@example.org/?a=${secret}`,
      `/twilio/media/${secret}`,
      `password: ${secret}`,
    ]
    const names = [
      'streamSid',
      'reason',
      'code',
      'from',
      'to',
      'name',
      'url',
      'address',
      'requestId',
      'sentence',
    ]
    for (const text of planted) {
      const fields: LogFields = Object.fromEntries(names.map((name) => [name, text]))
      log.event('error', text, fields)
      log.forCall(text).event('error', 'test', { missing: [text] })
    }
    expect(lines).toHaveLength(planted.length * 2)
    expect(lines.filter((line) => line.includes(secret))).toEqual([])
  })

  it('shows of a URL neither user, query nor fragment', () => {
    const { log, last } = logged()
    log.event('info', 'request', { url: 'https://ann@example.org/v1/calls?number=1#planted' })
    expect(last()).toMatchObject({ url: 'https://example.org/v1/calls' })
    log.event('info', 'request', { url: '/v1/calls#planted' })
    expect(last()).toMatchObject({ url: '/v1/calls' })
  })

  it('cuts long values', () => {
    const { log, lines } = logged()
    log.event('info', 'test', { reason: 'a '.repeat(100_000) })
    expect(lines[0]?.length).toBeLessThan(8500)
  })

  it('writes to standard output what was logged just before the process exits', () => {
    const child = fileURLToPath(new URL('./log-child.ts', import.meta.url))
    const { stdout } = spawnSync(process.execPath, [child], { encoding: 'utf8' })
    const kinds = stdout
      .trim()
      .split('\n')
      .map((line) => /"kind":"(\w+)"/.exec(line)?.[1])
    // The line that was under way at that moment may come after those written at the exit.
    expect(new Set(kinds)).toEqual(new Set(['first', 'second', 'last']))
  })
})
