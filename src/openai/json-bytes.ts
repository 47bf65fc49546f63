/** A stretch of a message: the inside of a string, or an object from its brace on. */
export type Stretch = { readonly start: number; readonly end: number }

const quote = 0x22
const colon = 0x3a
const comma = 0x2c
const dot = 0x2e
const brace = { open: 0x7b, close: 0x7d } as const
const bracket = { open: 0x5b, close: 0x5d } as const
const literals = ['null', 'true', 'false'].map((text) => Buffer.from(text))
const NULL = 0x6e
const MAX_DEPTH = 8

/** The index of the closing quote of a string of plain ASCII without escapes, or 0: nothing of it needs decoding. */
export function plainStringEnd(message: Buffer, start: number): number {
  for (let at = start; at < message.length; at++) {
    const byte = message[at] ?? 0
    if (byte === quote) return at
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return 0
  }
  return 0
}

/** The index after a literal, or a number of at most nine digits before and after the point; else 0. */
export function bareEnd(message: Buffer, start: number): number {
  if (!isDigit(message[start] ?? 0)) {
    for (const literal of literals) if (startsWith(message, literal, start)) return start + literal.length
    return 0
  }
  const end = digitsEnd(message, start)
  // JSON knows no leading zeros.
  if (end === 0 || (end - start > 1 && message[start] === 0x30)) return 0
  return message[end] === dot ? digitsEnd(message, end + 1) : end
}

/**
 * The index after an object or a list without spaces, of plain strings, plain numbers and literals; 0 for any other: whatever
 * this passes over, `JSON.parse` reads.
 */
export function nestedEnd(message: Buffer, start: number, depth = 1): number {
  const isObject = message[start] === brace.open
  const close = isObject ? brace.close : bracket.close
  let at = start + 1
  if (message[at] === close) return at + 1
  if (depth > MAX_DEPTH) return 0
  for (;;) {
    if (isObject) {
      const nameEnd = message[at] === quote ? plainStringEnd(message, at + 1) : 0
      if (nameEnd === 0 || message[nameEnd + 1] !== colon) return 0
      at = nameEnd + 2
    }
    at = valueEnd(message, at, depth)
    if (at === 0) return 0
    if (message[at] === close) return at + 1
    if (message[at] !== comma) return 0
    at += 1
  }
}

/**
 * Finds fields of an object that `nestedEnd` has passed over.
 * @returns for each name where its text is, null for a null, and undefined where it is not there; undefined instead of the
 * list when one of them is something else, or there twice
 */
export function fieldsIn(
  message: Buffer,
  { start }: Stretch,
  names: readonly Buffer[],
): (Stretch | null | undefined)[] | undefined {
  const found: (Stretch | null | undefined)[] = names.map(() => undefined)
  if (message[start] !== brace.open) return undefined
  for (let at = start + 1; message[at] === quote; at++) {
    const nameEnd = plainStringEnd(message, at + 1)
    const value = nameEnd + 2
    const end = valueEnd(message, value, 1)
    const stretch = { start: at + 1, end: nameEnd }
    const index = names.findIndex((name) => isAt(message, stretch, name))
    if (index >= 0) {
      const isText = message[value] === quote
      if (found[index] !== undefined || !(isText || message[value] === NULL)) return undefined
      found[index] = isText ? { start: value + 1, end: end - 1 } : null
    }
    at = end
  }
  return found
}

/** Whether a stretch of a message is exactly this. */
export function isAt(message: Buffer, { start, end }: Stretch, expected: Buffer): boolean {
  return end - start === expected.length && startsWith(message, expected, start)
}

/** Whether a message goes on like this. */
export function startsWith(message: Buffer, expected: Buffer, start = 0): boolean {
  for (let at = 0; at < expected.length; at++) if (message[start + at] !== expected[at]) return false
  return true
}

function valueEnd(message: Buffer, start: number, depth: number): number {
  const byte = message[start]
  if (byte === quote) {
    const end = plainStringEnd(message, start + 1)
    return end === 0 ? 0 : end + 1
  }
  if (byte === brace.open || byte === bracket.open) return nestedEnd(message, start, depth + 1)
  return bareEnd(message, start)
}

/** The index after one to nine digits, or 0. */
function digitsEnd(message: Buffer, start: number): number {
  let at = start
  while (at - start < 10 && isDigit(message[at] ?? 0)) at++
  return at === start || at - start > 9 ? 0 : at
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
