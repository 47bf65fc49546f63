/**
 * The exact bytes of a stream's media messages around the four values that change. A message that equals them byte
 * for byte, with digits where digits were and base64 where base64 was, is the same JSON with other values: it can
 * hold no second key, no escape, no other nesting. That is what makes it safe to skip JSON.parse.
 */
export type MediaLayout = {
  /** Constant bytes; one more than there are variables. */
  readonly segments: readonly Uint8Array[]
  readonly variables: readonly Variable[]
}

type Variable = 'sequenceNumber' | 'chunk' | 'timestamp' | 'payload'

/** Where a message has its values; filled by matchLayout and reused for every message. */
export type MediaFields = { timestampMs: number; payloadFrom: number; payloadTo: number }

const MARK = '\u{E000}'
const QUOTE = 0x22
const MAX_DIGITS = 15
/** Twilio's own messages have two levels. */
const MAX_DEPTH = 8

/**
 * Learns the layout from a message that the strict path has accepted.
 * @param bytes the message as it came
 * @param parsed JSON.parse of it
 * @returns undefined where writing `parsed` as JSON gives other bytes around the values (spaces, escapes, a repeated key)
 */
export function learnLayout(bytes: Uint8Array, parsed: unknown): MediaLayout | undefined {
  if (!isRecord(parsed) || !isRecord(parsed['media'])) return undefined
  // JSON.parse reads nestings that are too deep for JSON.stringify, which then throws.
  if (!isWithin(parsed, MAX_DEPTH)) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  if (text.includes(MARK)) return undefined

  const { media } = parsed
  const marked = {
    ...parsed,
    ...('sequenceNumber' in parsed ? { sequenceNumber: marker('sequenceNumber') } : {}),
    media: {
      ...media,
      ...('chunk' in media ? { chunk: marker('chunk') } : {}),
      timestamp: marker('timestamp'),
      payload: marker('payload'),
    },
  }
  const parts = JSON.stringify(marked).split(MARK)
  const layout = {
    segments: parts.filter((_, index) => index % 2 === 0).map((part) => Buffer.from(part)),
    variables: parts.filter((_, index) => index % 2 === 1).filter(isVariable),
  }
  // INVARIANT: the layout comes from what JSON.parse saw and must match what came, or it would hide a difference.
  const fields = { timestampMs: 0, payloadFrom: 0, payloadTo: 0 }
  return matchLayout(layout, bytes, fields) ? layout : undefined
}

/**
 * Compares a message with the layout and finds its values. The payload is delimited, not yet checked.
 * @returns false where any byte differs; `fields` is then undefined in content
 */
export function matchLayout(layout: MediaLayout, bytes: Uint8Array, fields: MediaFields): boolean {
  const { segments, variables } = layout
  let at = 0
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index]
    if (segment === undefined || at + segment.length > bytes.length) return false
    for (let offset = 0; offset < segment.length; offset++) {
      if (bytes[at + offset] !== segment[offset]) return false
    }
    at += segment.length
    const variable = variables[index]
    if (variable === undefined) break
    if (variable === 'payload') {
      const end = bytes.indexOf(QUOTE, at)
      if (end < 0) return false
      fields.payloadFrom = at
      fields.payloadTo = end
      at = end
    } else {
      const end = digitsEnd(bytes, at)
      if (end < 0) return false
      if (variable === 'timestamp') fields.timestampMs = digitsValue(bytes, at, end)
      at = end
    }
  }
  return at === bytes.length
}

/** The end of 1 to 15 digits that begin at `from`, or -1. */
function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from
  while (isDigit(bytes[at])) at++
  return at > from && at - from <= MAX_DIGITS ? at : -1
}

function digitsValue(bytes: Uint8Array, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) value = value * 10 + ((bytes[at] ?? 0x30) - 0x30)
  return value
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function marker(variable: Variable): string {
  return MARK + variable + MARK
}

function isVariable(text: string): text is Variable {
  return text === 'sequenceNumber' || text === 'chunk' || text === 'timestamp' || text === 'payload'
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
