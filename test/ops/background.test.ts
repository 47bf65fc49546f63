import { describe, expect, it } from 'vitest'
import { createBackground } from '../../src/ops/background.ts'
import type { Log } from '../../src/ports/log.ts'

function recorded() {
  const events: unknown[] = []
  const counts: unknown[] = []
  const log: Log = { event: (...event) => void events.push(event), forCall: () => log }
  const metrics = {
    count: (...count: unknown[]) => void counts.push(count),
    observe: () => undefined,
    gauge: () => undefined,
  }
  return { events, counts, background: createBackground({ log, metrics }) }
}

describe('background()', () => {
  it('logs and counts a failure by the task’s name, without the message', async () => {
    const { events, counts, background } = recorded()
    background('hangUp', Promise.reject(Object.assign(new TypeError('sk-secret'), { code: 'E9' })))
    background('hangUp', Promise.reject('text'))
    await new Promise((resume) => setImmediate(resume))
    expect(events).toEqual([
      ['error', 'backgroundFailed', { name: 'hangUp', reason: 'TypeError', code: 'E9' }],
      ['error', 'backgroundFailed', { name: 'hangUp', reason: 'string' }],
    ])
    expect(counts).toEqual([
      ['background_failures_total', { name: 'hangUp' }],
      ['background_failures_total', { name: 'hangUp' }],
    ])
  })

  it('says nothing of a promise that resolves', async () => {
    const { events, counts, background } = recorded()
    background('hangUp', Promise.resolve())
    await new Promise((resume) => setImmediate(resume))
    expect([events, counts]).toEqual([[], []])
  })
})
