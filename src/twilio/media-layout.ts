/**
 * The exact bytes of messages of one kind around the values that change. A message that equals them byte for byte, with
 * digits where digits were, the stream's own sid, and base64 or a plain name where one was, is the same JSON with other
 * values: it can hold no second key, no escape, no other nesting. That is what makes it safe to skip JSON.parse.
 */
export type MediaLayout = {
  /** The constant bytes of all runs, one run after another. */
  readonly constants: Uint8Array
  /** Where each run ends in `constants`; one more than there are variables. */
  readonly runEnds: readonly number[]
  /** What stands behind each run but the last. */
  readonly variables: readonly Variable[]
}

const variableNames = ['sequenceNumber', 'streamSid', 'chunk', 'timestamp', 'payload', 'name'] as const
type Variable = (typeof variableNames)[number]

/**
 * Where a message is among the bytes and, once matchLayout has compared it, where its payload or name is. One is reused
 * for every message.
 */
export type LayoutFields = { timestampMs: number; from: number; to: number }

/** What a message has to look like. */
export type Expected = {
  readonly layout: MediaLayout
  /** The bytes that have to stand where the stream's sid stood. */
  readonly streamSid: Uint8Array
}

const MARK = '\u{E000}'
const QUOTE = 0x22
const BACKSLASH = 0x5c
const MAX_DIGITS = 15
/** Twilio's own messages have two levels. */
const MAX_DEPTH = 8
const MAX_NAME_BYTES = 256

/**
 * Layouts that were learnt, by their text. Twilio writes all its streams alike, and a layout that all calls share stays
 * in the processor's nearest memory: one for each call took 2 µs to compare, ten times as long. When it is full, further
 * layouts belong to their streams alone.
 */
const shared = new Map<string, MediaLayout>()
const MAX_SHARED = 16

/**
 * Learns the layout from a message that the strict path has accepted.
 * @param bytes the message as it came
 * @param parsed JSON.parse of it
 * @returns undefined where writing `parsed` as JSON gives other bytes around the values (spaces, escapes, a repeated key)
 */
export function learnLayout(bytes: Uint8Array, parsed: unknown): MediaLayout | undefined {
  // JSON.parse reads nestings that are too deep for JSON.stringify, which then throws.
  if (!isRecord(parsed) || !isWithin(parsed, MAX_DEPTH)) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  const { streamSid } = parsed
  if (text.includes(MARK) || typeof streamSid !== 'string') return undefined
  const values = markedValues(parsed)
  if (!values) return undefined

  const marked = JSON.stringify({
    ...parsed,
    ...('sequenceNumber' in parsed ? { sequenceNumber: marker('sequenceNumber') } : {}),
    streamSid: marker('streamSid'),
    ...values,
  })
  const layout = shared.get(marked) ?? layoutOf(marked)
  // INVARIANT: the layout comes from what JSON.parse saw and must match what came, or it would hide a difference.
  const fields = { timestampMs: 0, from: 0, to: bytes.length }
  if (!matchLayout({ layout, streamSid: Buffer.from(streamSid) }, bytes, fields)) return undefined
  if (shared.size < MAX_SHARED) shared.set(marked, layout)
  return layout
}

/** The object of a media or mark message with a marker in place of each value that changes. */
function markedValues({ event, media, mark }: Readonly<Record<string, unknown>>): object | undefined {
  if (event === 'mark') return isRecord(mark) ? { mark: { ...mark, name: marker('name') } } : undefined
  if (event !== 'media' || !isRecord(media)) return undefined
  return {
    media: {
      ...media,
      ...('chunk' in media ? { chunk: marker('chunk') } : {}),
      timestamp: marker('timestamp'),
      payload: marker('payload'),
    },
  }
}

/**
 * Compares a message with a layout and finds its values. A payload is delimited, not yet checked; a name is plain ASCII.
 * @param fields says which bytes are the message, and is told its values
 * @returns false where any byte differs; `fields` is then left as it was
 */
export function matchLayout(expected: Expected, bytes: Uint8Array, fields: LayoutFields): boolean {
  const { constants, runEnds, variables } = expected.layout
  const messageEnd = fields.to
  let at = fields.from
  let constant = 0
  let timestampMs = 0
  let from = 0
  let to = 0
  for (let run = 0; run < runEnds.length; run++) {
    const runEnd = runEnds[run] ?? 0
    if (at + runEnd - constant > messageEnd) return false
    for (; constant < runEnd; constant++) if (bytes[at++] !== constants[constant]) return false
    const variable = variables[run]
    if (variable === undefined) break
    const end =
      variable === 'streamSid' ? sidEnd(expected.streamSid, bytes, at) : variableEnd(variable, bytes, at)
    if (end < 0) return false
    if (variable === 'timestamp') timestampMs = digitsValue(bytes, at, end)
    if (variable === 'payload' || variable === 'name') {
      from = at
      to = end
    }
    at = end
  }
  // A variable that ran on into what follows the message leaves no room for the last run.
  if (at !== messageEnd) return false
  fields.timestampMs = timestampMs
  fields.from = from
  fields.to = to
  return true
}

/** Where the variable that begins at `from` ends, or -1 when it is not of its kind. */
function variableEnd(variable: Exclude<Variable, 'streamSid'>, bytes: Uint8Array, from: number): number {
  switch (variable) {
    case 'payload':
      return bytes.indexOf(QUOTE, from)
    case 'name':
      return nameEnd(bytes, from)
    case 'sequenceNumber':
    case 'chunk':
    case 'timestamp':
      return digitsEnd(bytes, from)
  }
}

function sidEnd(streamSid: Uint8Array, bytes: Uint8Array, from: number): number {
  for (let at = 0; at < streamSid.length; at++) if (bytes[from + at] !== streamSid[at]) return -1
  return from + streamSid.length
}

/** The end of 1 to 256 characters that stand for themselves in JSON and in ASCII, or -1. */
function nameEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at <= from + MAX_NAME_BYTES; at++) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) return at > from ? at : -1
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return -1
  }
  return -1
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

function layoutOf(marked: string): MediaLayout {
  const parts = marked.split(MARK)
  const runs = parts.filter((_, index) => index % 2 === 0).map((part) => Buffer.from(part))
  let end = 0
  return {
    constants: new Uint8Array(Buffer.concat(runs)),
    runEnds: runs.map((run) => (end += run.length)),
    variables: parts.filter((_, index) => index % 2 === 1).filter(isVariable),
  }
}

function marker(variable: Variable): string {
  return MARK + variable + MARK
}

function isVariable(text: string): text is Variable {
  return variableNames.some((name) => name === text)
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
