import { decodeBase64 } from '../audio/base64.ts'
import { firstBytes } from '../audio/views.ts'
import type { ServerEvent } from './server-event.ts'

const maxIdChars = 256
const brace = { open: 0x7b, close: 0x7d } as const
const quote = 0x22
const colon = 0x3a
const comma = 0x2c

/** What the scan has found: ids as they are, texts by where they stand. */
type Fields = {
  read: Reader | undefined
  responseId: string
  itemId: string
  /** Between the quotes; 0 where there is none. */
  deltaStart: number
  deltaEnd: number
  transcript: string | undefined
}

type Reader = (found: Fields, message: Buffer, scratch: Buffer) => ServerEvent | undefined

/** The events that come often or are waited for. Source: Realtime GA server events. */
const readers: readonly { readonly type: Buffer; readonly read: Reader }[] = Object.entries<Reader>({
  'response.output_audio.delta': audio,
  'response.output_audio_transcript.delta': (found, message) =>
    replyText(found, deltaText(found, message), false),
  'input_audio_buffer.speech_started': (found) => ofItem('speechStarted', found),
  'input_audio_buffer.speech_stopped': (found) => ofItem('speechStopped', found),
  'input_audio_buffer.committed': (found) => ofItem('turnCommitted', found),
  'conversation.item.input_audio_transcription.delta': callerText,
  'response.output_audio_transcript.done': (found) => replyText(found, found.transcript, true),
  'response.output_audio.done': audioDone,
}).map(([type, read]) => ({ type: Buffer.from(type), read }))

/** Names that count, as they stand in a message: to make strings of all the names would cost more than the rest. */
const names = {
  type: Buffer.from('type'),
  responseId: Buffer.from('response_id'),
  itemId: Buffer.from('item_id'),
  delta: Buffer.from('delta'),
  transcript: Buffer.from('transcript'),
}

/**
 * Reads the events that come often from their bytes, without building the JSON value: a flat object without spaces, of
 * plain strings, small numbers and literals, as the provider writes it, in any order of keys.
 *
 * INVARIANT: whatever this accepts, `JSON.parse` and the strict check accept as the same event.
 * Everything out of the ordinary (spaces, escapes, nesting, a name twice, odd base64) is left to them.
 * @param scratch audio is decoded into its beginning, or into memory of its own when it does not fit
 * @param range where in `message` the bytes of the message are; all of them by default
 * @returns undefined when the message is another one, or not of the usual shape
 */
export function scanFlatEvent(
  message: Buffer,
  scratch: Buffer,
  range: { readonly from: number; readonly end: number } = { from: 0, end: message.length },
): ServerEvent | undefined {
  const found = scanFields(message, range.from, range.end)
  return found?.read?.(found, message, scratch)
}

function audio(found: Fields, message: Buffer, scratch: Buffer): ServerEvent | undefined {
  const { responseId, itemId, deltaStart, deltaEnd } = found
  if (!responseId || !itemId || !deltaStart) return undefined
  const mostBytes = ((deltaEnd - deltaStart) >> 2) * 3
  const target = mostBytes <= scratch.length ? scratch : Buffer.allocUnsafe(mostBytes)
  const length = decodeBase64(message, { from: deltaStart, to: deltaEnd }, target)
  if (length < 0) return undefined
  const bytes = target === scratch ? firstBytes(scratch, length) : target.subarray(0, length)
  return { kind: 'audio', responseId, itemId, bytes }
}

function ofItem(
  kind: 'speechStarted' | 'speechStopped' | 'turnCommitted',
  { itemId }: Fields,
): ServerEvent | undefined {
  return itemId ? { kind, itemId } : undefined
}

function callerText(found: Fields, message: Buffer): ServerEvent | undefined {
  const { itemId } = found
  const text = deltaText(found, message)
  return itemId && text !== undefined ? { kind: 'callerText', itemId, text, final: false } : undefined
}

function replyText(
  { responseId, itemId }: Fields,
  text: string | undefined,
  final: boolean,
): ServerEvent | undefined {
  if (!responseId || !itemId || text === undefined) return undefined
  return { kind: 'replyText', responseId, itemId, text, final }
}

function audioDone({ responseId, itemId }: Fields): ServerEvent | undefined {
  return responseId && itemId ? { kind: 'audioDone', responseId, itemId } : undefined
}

/** The text of a delta that is plain ASCII. */
function deltaText({ deltaStart, deltaEnd }: Fields, message: Buffer): string | undefined {
  if (!deltaStart || plainStringEnd(message, deltaStart) !== deltaEnd) return undefined
  return message.toString('latin1', deltaStart, deltaEnd)
}

function scanFields(message: Buffer, from: number, messageEnd: number): Fields | undefined {
  const last = messageEnd - 1
  if (message[from] !== brace.open || message[last] !== brace.close) return undefined
  const found: Fields = {
    read: undefined,
    responseId: '',
    itemId: '',
    deltaStart: 0,
    deltaEnd: 0,
    transcript: undefined,
  }
  for (let at = from + 1; at < last; at++) {
    if (message[at] !== quote) return undefined
    const nameEnd = plainStringEnd(message, at + 1)
    if (nameEnd === 0 || message[nameEnd + 1] !== colon) return undefined
    const name = { message, start: at + 1, end: nameEnd }
    const start = nameEnd + 3
    const isText = message[nameEnd + 2] === quote
    const end = !isText
      ? bareEnd(message, nameEnd + 2)
      : is(name, names.delta)
        ? message.indexOf(quote, start)
        : plainStringEnd(message, start)
    if (end <= 0 || end > (isText ? last - 1 : last)) return undefined
    if (!keep(found, name, isText ? { message, start, end } : undefined)) return undefined
    at = isText ? end + 1 : end
    if (at === last) break
    if (message[at] !== comma || at + 1 === last) return undefined
  }
  return found
}

/** A stretch of a message. */
type Text = { readonly message: Buffer; readonly start: number; readonly end: number }

/** @returns false when the message is for the strict way: a name that counts came twice, or with a value that is none */
function keep(found: Fields, name: Text, text: Text | undefined): boolean {
  // The lengths of the names that count are all different.
  switch (name.end - name.start) {
    case names.type.length:
      if (!is(name, names.type)) return true
      if (found.read || !text) return false
      found.read = readers.find(({ type }) => is(text, type))?.read
      return found.read !== undefined
    case names.responseId.length:
      if (!is(name, names.responseId)) return true
      if (found.responseId || !text || !isIdLength(text)) return false
      found.responseId = stringOf(text)
      return true
    case names.itemId.length:
      if (!is(name, names.itemId)) return true
      if (found.itemId || !text || !isIdLength(text)) return false
      found.itemId = stringOf(text)
      return true
    case names.delta.length:
      if (!is(name, names.delta)) return true
      if (found.deltaStart || !text) return false
      found.deltaStart = text.start
      found.deltaEnd = text.end
      return true
    case names.transcript.length:
      if (!is(name, names.transcript)) return true
      if (found.transcript !== undefined || !text) return false
      found.transcript = stringOf(text)
      return true
    default:
      return true
  }
}

function is({ message, start, end }: Text, expected: Buffer): boolean {
  if (end - start !== expected.length) return false
  for (let at = 0; at < expected.length; at++) if (message[start + at] !== expected[at]) return false
  return true
}

function stringOf({ message, start, end }: Text): string {
  return message.toString('latin1', start, end)
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

/** The index after a null, or a whole number of at most nine digits; else 0. JSON knows no leading zeros. */
function bareEnd(message: Buffer, start: number): number {
  if (message[start] === 0x6e) return message.toString('latin1', start, start + 4) === 'null' ? start + 4 : 0
  let at = start
  while (at - start < 10 && isDigit(message[at] ?? 0)) at++
  const digits = at - start
  return digits === 0 || digits > 9 || (digits > 1 && message[start] === 0x30) ? 0 : at
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isIdLength({ start, end }: Text): boolean {
  return end > start && end - start <= maxIdChars
}
