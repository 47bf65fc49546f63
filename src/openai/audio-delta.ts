import { decodeBase64 as decodeBytes } from '../audio/base64.ts'
import { firstBytes } from '../audio/views.ts'

/** Model audio of one `response.output_audio.delta`. `bytes` may be a view of the scratch memory. */
export type AudioDelta = { readonly responseId: string; readonly itemId: string; readonly bytes: Uint8Array }

const type = 'response.output_audio.delta'
const maxIdChars = 256
const brace = { open: 0x7b, close: 0x7d } as const
const quote = 0x22
const colon = 0x3a
const comma = 0x2c

/**
 * Reads an audio delta from its bytes without building the JSON value: a flat object without spaces, of plain
 * strings and small numbers, as the provider writes it, in any order of keys.
 *
 * INVARIANT: whatever this accepts, `JSON.parse` and the strict check accept with the same ids and the same audio.
 * Everything out of the ordinary (spaces, escapes, nesting, a name twice, odd base64) is left to them.
 * @param scratch audio is decoded into its beginning, or into memory of its own when it does not fit
 * @param range where in `message` the bytes of the message are; all of them by default
 * @returns undefined when the message is another one, or not of the usual shape
 */
export function scanAudioDelta(
  message: Buffer,
  scratch: Buffer,
  range: { readonly from: number; readonly end: number } = { from: 0, end: message.length },
): AudioDelta | undefined {
  const found = scanFields(message, range.from, range.end)
  if (!found) return undefined
  const { responseId, itemId, deltaStart, deltaEnd } = found
  const mostBytes = ((deltaEnd - deltaStart) >> 2) * 3
  const target = mostBytes <= scratch.length ? scratch : Buffer.allocUnsafe(mostBytes)
  const length = decodeBytes(message, { from: deltaStart, to: deltaEnd }, target)
  if (length < 0) return undefined
  const bytes = target === scratch ? firstBytes(scratch, length) : target.subarray(0, length)
  return { responseId, itemId, bytes }
}

/**
 * Base64 to bytes, strictly: whole groups, standard alphabet up to what the caller has already excluded.
 * @returns undefined when the text is not what its length promises, for then characters were skipped
 */
export function decodeBase64(text: string, scratch: Buffer): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const promisedBytes = (text.length / 4) * 3 - padding
  const target = promisedBytes <= scratch.length ? scratch : Buffer.allocUnsafe(promisedBytes)
  const bytes = target.write(text, 0, 'base64')
  return bytes === promisedBytes ? target.subarray(0, bytes) : undefined
}

type Fields = {
  readonly responseId: string
  readonly itemId: string
  readonly deltaStart: number
  readonly deltaEnd: number
}

function scanFields(message: Buffer, from: number, messageEnd: number): Fields | undefined {
  const last = messageEnd - 1
  if (message[from] !== brace.open || message[last] !== brace.close) return undefined
  let typed = false
  let responseId = ''
  let itemId = ''
  let deltaStart = 0
  let deltaEnd = 0
  for (let at = from + 1; at < last; at++) {
    if (message[at] !== quote) return undefined
    const nameEnd = plainStringEnd(message, at + 1)
    if (nameEnd === 0 || message[nameEnd + 1] !== colon) return undefined
    const name = message.toString('latin1', at + 1, nameEnd)
    const start = nameEnd + 3
    const isText = message[nameEnd + 2] === quote
    const end = !isText
      ? numberEnd(message, nameEnd + 2)
      : name === 'delta'
        ? message.indexOf(quote, start)
        : plainStringEnd(message, start)
    if (end <= 0 || end > (isText ? last - 1 : last)) return undefined
    switch (name) {
      case 'type':
        if (typed || !isText || message.toString('latin1', start, end) !== type) return undefined
        typed = true
        break
      case 'response_id':
        if (responseId || !isText || !isIdLength(end - start)) return undefined
        responseId = message.toString('latin1', start, end)
        break
      case 'item_id':
        if (itemId || !isText || !isIdLength(end - start)) return undefined
        itemId = message.toString('latin1', start, end)
        break
      case 'delta':
        if (deltaStart || !isText) return undefined
        deltaStart = start
        deltaEnd = end
        break
      default:
    }
    at = isText ? end + 1 : end
    if (at === last) break
    if (message[at] !== comma || at + 1 === last) return undefined
  }
  return typed && responseId && itemId && deltaStart
    ? { responseId, itemId, deltaStart, deltaEnd }
    : undefined
}

/** The index of the closing quote of a string of plain ASCII, or 0: nothing here needs decoding. */
function plainStringEnd(message: Buffer, start: number): number {
  for (let at = start; at < message.length; at++) {
    const byte = message[at] ?? 0
    if (byte === quote) return at
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return 0
  }
  return 0
}

/** The index after a whole number of at most nine digits, or 0. JSON knows no leading zeros. */
function numberEnd(message: Buffer, start: number): number {
  let at = start
  while (at - start < 10 && isDigit(message[at] ?? 0)) at++
  const digits = at - start
  return digits === 0 || digits > 9 || (digits > 1 && message[start] === 0x30) ? 0 : at
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isIdLength(chars: number): boolean {
  return chars >= 1 && chars <= maxIdChars
}
