import type { Log, LogFields, LogLevel } from '../../../src/ports/log.ts'
import type { CounterName, GaugeName, HistogramName, Labels, Metrics } from '../../../src/ports/metrics.ts'

/** Metrics that can be read back. */
export class MemoryMetrics implements Metrics {
  readonly #counts = new Map<string, number>()
  readonly gauges = new Map<GaugeName, number>()
  readonly observed: { readonly name: HistogramName; readonly valueMs: number }[] = []

  count(name: CounterName, labels: Labels = {}, by = 1): void {
    for (const key of [name, `${name} ${JSON.stringify(labels)}`]) {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
    }
  }

  observe(name: HistogramName, valueMs: number): void {
    this.observed.push({ name, valueMs })
  }

  gauge(name: GaugeName, value: number): void {
    this.gauges.set(name, value)
  }

  /** The sum over all labels, or of exactly these. */
  total(name: CounterName, labels?: Labels): number {
    return this.#counts.get(labels ? `${name} ${JSON.stringify(labels)}` : name) ?? 0
  }
}

type Line = { readonly level: LogLevel; readonly kind: string; readonly callSid?: string } & LogFields

/** A log that can be read back. */
export class MemoryLog implements Log {
  readonly lines: Line[]
  readonly #callSid: string | undefined

  constructor(lines: Line[] = [], callSid?: string) {
    this.lines = lines
    this.#callSid = callSid
  }

  event(level: LogLevel, kind: string, fields: LogFields = {}): void {
    this.lines.push({
      level,
      kind,
      ...fields,
      ...(this.#callSid === undefined ? {} : { callSid: this.#callSid }),
    })
  }

  forCall(callSid: string): Log {
    return new MemoryLog(this.lines, callSid)
  }
}
