import { pino, destination as toDescriptor, type DestinationStream, type Logger } from 'pino'
import { isoTime, type Clock } from '../lib/clock.ts'
import { redactedParty } from '../lib/phone-number.ts'
import type { Log, LogFields, LogLevel } from '../ports/log.ts'
import { redact, redactUrl } from './redact.ts'

/** Answers what may be written of a field's value, or undefined to leave the field out. */
type FieldRule = (value: unknown) => string | number | readonly string[] | undefined

const text: FieldRule = (value) => (typeof value === 'string' ? redact(value) : undefined)
/** A hundredth is more than any reader needs of a millisecond. */
const number: FieldRule = (value) =>
  Number.isFinite(value) ? Math.round(Number(value) * 100) / 100 : undefined
const textOrNumber: FieldRule = (value) => text(value) ?? number(value)
const party: FieldRule = (value) => (typeof value === 'string' ? redactedParty(value) : undefined)
const url: FieldRule = (value) => (typeof value === 'string' ? redact(redactUrl(value)) : undefined)
/** Of nothing secret: whoever knows the end of the audit chain can only compare it. */
const hash: FieldRule = (value) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : undefined
const texts: FieldRule = (value) =>
  Array.isArray(value)
    ? value
        .slice(0, 50)
        .flatMap((item: unknown) => text(item) ?? [])
        .map(String)
    : undefined

/** INVARIANT: a line holds nothing but these, whatever an object at run time carries. */
const rules: { readonly [Name in keyof Required<LogFields>]: FieldRule } = {
  streamSid: text,
  sessionId: text,
  responseId: text,
  itemId: text,
  tool: text,
  intentId: text,
  messageId: text,
  reason: text,
  code: textOrNumber,
  status: text,
  from: party,
  to: party,
  direction: text,
  mode: text,
  missing: texts,
  name: text,
  version: text,
  address: text,
  port: number,
  count: number,
  bytes: number,
  durationMs: number,
  heardMs: number,
  firstDeltaMs: number,
  firstMediaMs: number,
  firstMarkMs: number,
  url,
  method: text,
  sentence: text,
  digits: number,
  requestId: text,
  hash,
}

const ruleOf: ReadonlyMap<string, FieldRule> = new Map(Object.entries(rules))

/** Lines that the reader of standard output has not taken yet; what exceeds this is dropped. */
const maxUnwrittenBytes = 4 * 1024 * 1024

/** Where and how much is logged. */
export type LogOptions = {
  readonly level: LogLevel
  readonly clock: Clock
  /** Receives one line at a time; standard output, flushed at exit, when it is not given. */
  readonly destination?: DestinationStream
}

/** Makes the operators' log: one line of JSON per event. */
export function createLog(options: LogOptions): Log {
  const { clock, level } = options
  // Standard output may be a pipe that nobody empties: calls must not wait for it, nor memory grow for it.
  const destination =
    options.destination ?? toDescriptor({ fd: 1, sync: false, maxLength: maxUnwrittenBytes })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${isoTime(clock.wallMs())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  return new PinoLog(logger)
}

class PinoLog implements Log {
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  event(level: LogLevel, kind: string, fields: LogFields = {}): void {
    if (this.#logger.isLevelEnabled(level)) this.#logger[level]({ kind: redact(kind), ...allowed(fields) })
  }

  forCall(callSid: string): Log {
    return new PinoLog(this.#logger.child({ callSid: redact(callSid) }))
  }
}

function allowed(fields: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    const written = ruleOf.get(name)?.(value)
    if (written !== undefined) kept[name] = written
  }
  return kept
}
