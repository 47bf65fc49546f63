import { afterEach, describe, expect, it } from 'vitest'
import { createMetrics, type ProcessMetrics } from '../../src/ops/metrics.ts'
import type { CounterName, GaugeName, HistogramName } from '../../src/ports/metrics.ts'

let open: ProcessMetrics | undefined

function metricsOf(): ProcessMetrics {
  open = createMetrics()
  return open
}

afterEach(() => open?.[Symbol.dispose]())

async function turnsOfTheLoopFor(durationMs: number): Promise<void> {
  const untilMs = performance.now() + durationMs
  while (performance.now() < untilMs) await new Promise((resume) => setImmediate(resume))
}

async function linesOf(metrics: ProcessMetrics, start: string): Promise<string[]> {
  return (await metrics.exposition()).split('\n').filter((line) => line.startsWith(start))
}

describe('createMetrics()', () => {
  it('shows every counter, histogram and gauge with a help text', async () => {
    const text = await metricsOf().exposition()
    const names: (CounterName | HistogramName | GaugeName)[] = [
      'calls_total',
      'refusals_total',
      'protocol_faults_total',
      'background_failures_total',
      'storage_writes_total',
      'webhook_answer_ms',
      'barge_in_clear_ms',
      'storage_commit_ms',
      'calls_live',
      'realtime_sessions_live',
    ]
    expect(names.filter((name) => !new RegExp(`^# HELP ${name} .{10,}$`, 'm').test(text))).toEqual([])
  })

  it('counts by labels, by one or more, and observes in milliseconds', async () => {
    const metrics = metricsOf()
    metrics.count('calls_total', { direction: 'inbound' })
    metrics.count('calls_total', { direction: 'inbound' }, 2)
    metrics.count('media_frames_in_total', {}, 50)
    metrics.observe('barge_in_clear_ms', 0.25)
    metrics.gauge('calls_live', 7)
    expect(await linesOf(metrics, 'calls_total')).toEqual(['calls_total{direction="inbound"} 3'])
    expect(await linesOf(metrics, 'media_frames_in_total')).toEqual(['media_frames_in_total 50'])
    expect(await linesOf(metrics, 'calls_live')).toEqual(['calls_live 7'])
    const buckets = await linesOf(metrics, 'barge_in_clear_ms_bucket')
    expect(buckets).toContain('barge_in_clear_ms_bucket{le="0.2"} 0')
    expect(buckets).toContain('barge_in_clear_ms_bucket{le="0.3"} 1')
  })

  it('ignores numbers that are none, instead of throwing in the middle of a call', async () => {
    const metrics = metricsOf()
    for (const value of [Number.NaN, Infinity]) {
      metrics.count('calls_total', {}, value)
      metrics.observe('webhook_answer_ms', value)
      metrics.gauge('calls_live', value)
    }
    metrics.count('calls_total', {}, -1)
    expect(await linesOf(metrics, 'calls_total')).toEqual([])
    expect(await linesOf(metrics, 'webhook_answer_ms_count')).toEqual([])
  })

  it('leaves out labels that no metric has', async () => {
    const metrics = metricsOf()
    metrics.count('refusals_total', { reason: 'badSignature', callSid: 'CA1' })
    expect(await linesOf(metrics, 'refusals_total')).toEqual(['refusals_total{reason="badSignature"} 1'])
  })

  it('shows no number, text or id as a label', async () => {
    const metrics = metricsOf()
    for (const reason of [
      '+14155550101',
      'two words',
      'CA0123456789abcdef',
      '',
      'x'.repeat(65),
      'a"b',
      'é',
    ]) {
      metrics.count('refusals_total', { reason })
    }
    expect(await linesOf(metrics, 'refusals_total')).toEqual(['refusals_total{reason="other"} 7'])
  })

  it('keeps at most a hundred label sets of a metric and counts the rest as other', async () => {
    const metrics = metricsOf()
    for (let reason = 0; reason < 5000; reason += 1) metrics.count('refusals_total', { reason: `r${reason}` })
    const lines = await linesOf(metrics, 'refusals_total')
    expect(lines).toHaveLength(101)
    expect(lines.at(-1)).toBe('refusals_total{reason="other"} 4900')
  })

  it('shows how late the event loop was since the last reading', async () => {
    const metrics = metricsOf()
    const maxMs = async () => Number((await linesOf(metrics, 'event_loop_delay_max_ms'))[0]?.split(' ')[1])
    // The sampler needs turns of the loop before and after the blockage.
    await turnsOfTheLoopFor(30)
    const untilMs = performance.now() + 120
    while (performance.now() < untilMs);
    await turnsOfTheLoopFor(30)
    expect(await maxMs()).toBeGreaterThan(80)
    expect(await linesOf(metrics, 'event_loop_delay_p')).toHaveLength(2)
  })

  it('shows the process’s own numbers', async () => {
    const metrics = metricsOf()
    expect(await linesOf(metrics, 'process_resident_memory_bytes')).toHaveLength(1)
    expect(metrics.contentType).toContain('text/plain')
  })

  it('is cheap enough for the audio path', () => {
    const metrics = metricsOf()
    const startedMs = performance.now()
    for (let count = 0; count < 100_000; count += 1) metrics.count('media_frames_in_total')
    for (let count = 0; count < 100_000; count += 1)
      metrics.count('refusals_total', { route: 'voice', reason: 'a' })
    // 200,000 calls: 5 µs each would be far too much, and is ten times what they take.
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })
})
