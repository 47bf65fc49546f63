import { monitorEventLoopDelay } from 'node:perf_hooks'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { CounterConfiguration } from 'prom-client'
import type { CounterName, GaugeName, HistogramName, Labels, Metrics } from '../ports/metrics.ts'
import { labelNames, LabelSets } from './label-sets.ts'

const counterHelp: Readonly<Record<CounterName, string>> = {
  calls_total: 'Calls that began',
  calls_ended_total: 'Calls that ended, by ending',
  media_frames_in_total: 'Media messages from Twilio',
  media_frames_out_total: 'Media messages to Twilio',
  media_bytes_filled_total: 'Bytes of silence put into gaps of the caller audio',
  caller_audio_dropped_ms_total: 'Caller audio dropped, in milliseconds',
  refusals_total: 'Requests, sockets and calls refused, by reason',
  protocol_faults_total: 'Messages that broke a protocol',
  realtime_events_ignored_total: 'Realtime events that nothing here needs',
  realtime_events_refused_total: 'Events of ours that the Realtime server refused',
  realtime_sessions_total: 'Realtime sessions opened',
  realtime_sessions_lost_total: 'Realtime sessions lost, by reason',
  tokens_total: 'Tokens used, by kind',
  tool_calls_total: 'Tool calls, by outcome',
  owner_notices_total:
    'Notices to the owner, by kind and outcome; held: the allowance of the day was used up',
  interruptions_total: 'Replies that a caller interrupted',
  background_failures_total: 'Tasks in the background that failed, by name',
  storage_writes_total: 'Records written, by outcome',
  loop_blocked_total: 'Times that the event loop stood still for more than 200 ms',
}

const histogramHelp: Readonly<Record<HistogramName, string>> = {
  webhook_answer_ms: 'From a webhook to its answer',
  webhook_to_first_append_ms: 'From the webhook of a call to the first audio given to the model',
  turn_first_delta_ms: 'From the end of a caller turn to the first audio from the model',
  turn_first_media_ms: 'From the end of a caller turn to the first audio sent to the caller',
  turn_first_mark_ms: 'From the end of a caller turn to the first audio known to be heard',
  barge_in_clear_ms: 'From the start of speech over a reply to its clear',
  session_ready_ms: 'From dialling a Realtime session to its agreement',
  storage_commit_ms: 'From the start of a transaction to its commit, waiting for locks included',
}

const gaugeHelp: Readonly<Record<GaugeName, string>> = {
  calls_live: 'Calls that are live now',
  media_sockets_live: 'Media sockets that are open now',
  media_sockets_pending: 'Media sockets that have not started yet',
  realtime_sessions_live: 'Realtime sessions that are open now',
  event_loop_recent_p99_ms:
    'Lateness of the event loop in the last five seconds, p99, in ms: what admission goes by',
  effects_unresolved: 'Effects of which nobody has known for ten minutes whether they happened',
}

/** From the tenths of a millisecond that the bridge takes to the seconds that a model takes. */
const bucketsMs = [
  0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 8000, 12_000,
  30_000,
]

/** Metrics that can be read. */
export type ProcessMetrics = Metrics & {
  readonly contentType: string
  /** All numbers in the text format of Prometheus. */
  exposition(): Promise<string>
  [Symbol.dispose](): void
}

/** Makes the metrics of a process: those of the port, the delay of the event loop, and the process's own. */
export function createMetrics(): ProcessMetrics {
  const registry = new Registry()
  const registers = [registry]
  const counters = eachOf(counterHelp, (name, help) => countersOf({ name, help, registers, labelNames }))
  const histograms = eachOf(histogramHelp, (name, help) =>
    histogramsOf({ name, help: `${help}, in ms`, registers, labelNames, buckets: bucketsMs }),
  )
  const gauges = eachOf(gaugeHelp, (name, help) => new Gauge({ name, help, registers }))
  const loopDelay = exportLoopDelay(registers)
  collectProcessMetrics(registry)
  return {
    contentType: registry.contentType,
    // A number that is none would make the library throw, in the middle of somebody's call.
    count(name, labels, by = 1) {
      if (Number.isFinite(by) && by >= 0) counters[name].of(labels).pending += by
    },
    observe(name, valueMs, labels) {
      if (Number.isFinite(valueMs)) histograms[name].of(labels).observe(valueMs)
    },
    gauge(name, value) {
      if (Number.isFinite(value)) gauges[name].set(value)
    },
    exposition: () => registry.metrics(),
    [Symbol.dispose]: () => loopDelay.disable(),
  }
}

function eachOf<Name extends string, T>(
  help: Readonly<Record<Name, string>>,
  make: (name: Name, help: string) => T,
): Readonly<Record<Name, T>> {
  const names = Object.keys(help) as Name[]
  return Object.fromEntries(names.map((name) => [name, make(name, help[name])])) as Record<Name, T>
}

type MetricOptions = Pick<CounterConfiguration<string>, 'name' | 'help' | 'labelNames' | 'registers'>

/** A count that has not been told to the library yet. */
type Count = { pending: number }

/** Counts are kept as plain numbers, a hundredth of the library's cost, and told to it when somebody reads them. */
function countersOf(options: MetricOptions): LabelSets<Count> {
  const told: { readonly labels: Labels; readonly count: Count }[] = []
  const counter = new Counter({
    ...options,
    collect: () => {
      for (const { labels, count } of told) {
        counter.inc(labels, count.pending)
        count.pending = 0
      }
    },
  })
  return new LabelSets((labels) => {
    const count = { pending: 0 }
    told.push({ labels, count })
    return count
  })
}

function histogramsOf(
  options: MetricOptions & { readonly buckets: number[] },
): LabelSets<{ observe(valueMs: number): void }> {
  const histogram = new Histogram(options)
  return new LabelSets((labels) => histogram.labels(labels))
}

/** What the library knows of the process. Its own watch of the event loop is a second one, and ours is shown already. */
function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1_000 })
  for (const part of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99']) {
    registry.removeSingleMetric(`nodejs_eventloop_lag_${part}_seconds`)
  }
}

/** How long a turn of the event loop kept what came meanwhile waiting, since the numbers were last asked for. */
function exportLoopDelay(registers: Registry[]): ReturnType<typeof monitorEventLoopDelay> {
  // Of each turn, without its waiting; a timer that samples would wake the process a hundred times a second. A turn in
  // which a timer falls due is told from then on, so up to 40 ms short: as near is that of the loop's watch.
  const delay = monitorEventLoopDelay({ samplePerIteration: true })
  delay.enable()
  const gaugeOf = (part: string, collect?: () => void) =>
    new Gauge({
      name: `event_loop_delay_${part}_ms`,
      help: `Length of the event loop's turns since the last reading, ${part}, in ms`,
      registers,
      ...(collect ? { collect } : {}),
    })
  // The first one is collected first and fills all three from one view of the histogram.
  const p50 = gaugeOf('p50', () => {
    p50.set(delay.percentile(50) / 1e6)
    p99.set(delay.percentile(99) / 1e6)
    max.set(delay.max / 1e6)
    delay.reset()
  })
  const p99 = gaugeOf('p99')
  const max = gaugeOf('max')
  return delay
}
