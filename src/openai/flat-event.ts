import { decodeBase64 } from '../audio/base64.ts'
import { firstBytes } from '../audio/views.ts'
import { bareEnd, fieldsIn, isAt, nestedEnd, plainStringEnd, type Stretch } from './json-bytes.ts'
import type { ServerEvent } from './server-event.ts'

const maxIdChars = 256
const brace = { open: 0x7b, close: 0x7d } as const
const quote = 0x22
const colon = 0x3a
const comma = 0x2c
const bracket = 0x5b

/** What the scan has found: ids as they are, texts by where they stand. */
type Fields = {
  read: Reader | undefined
  responseId: string
  itemId: string
  /** Between the quotes; 0 where there is none. */
  deltaStart: number
  deltaEnd: number
  transcript: string | undefined
  item: Stretch | undefined
  response: Stretch | undefined
}

type Reader = (found: Fields, message: Buffer, scratch: Buffer) => ServerEvent | undefined

/** The events that come often, or stand before a sound that is waited for. Source: Realtime GA server events. */
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
  'conversation.item.input_audio_transcription.completed': finalCallerText,
  'conversation.item.added': itemAdded,
  'response.created': responseCreated,
  'response.output_item.added': (found, message) => messageItem('outputItemAdded', found, message),
  'response.output_item.done': (found, message) => messageItem('outputItemDone', found, message),
}).map(([type, read]) => ({ type: Buffer.from(type), read }))

/** Names that count, as they stand in a message: to make strings of all the names would cost more than the rest. */
const names = {
  type: Buffer.from('type'),
  responseId: Buffer.from('response_id'),
  itemId: Buffer.from('item_id'),
  delta: Buffer.from('delta'),
  transcript: Buffer.from('transcript'),
  item: Buffer.from('item'),
  response: Buffer.from('response'),
}

/** What has to be a text. */
const textNames = [names.type, names.responseId, names.itemId, names.delta, names.transcript]

const itemNames = ['id', 'type', 'role', 'status', 'call_id', 'name', 'arguments'].map((name) =>
  Buffer.from(name),
)
const responseNames = ['id', 'conversation_id', 'status', 'metadata'].map((name) => Buffer.from(name))
const messageType = Buffer.from('message')

/**
 * Reads the events that come often from their bytes, without building the JSON value: an object without spaces, of plain
 * strings, small numbers, literals and what is nested in it likewise, as the provider writes it, in any order of keys.
 *
 * INVARIANT: whatever this accepts, `JSON.parse` and the strict check accept as the same event.
 * Everything out of the ordinary (spaces, escapes, a name twice, odd base64, calls of functions) is left to them.
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

function finalCallerText({ itemId, transcript: text }: Fields): ServerEvent | undefined {
  return itemId && text !== undefined ? { kind: 'callerText', itemId, text, final: true } : undefined
}

function itemAdded({ item }: Fields, message: Buffer): ServerEvent | undefined {
  const [id] = (item && fieldsIn(message, item, itemNames)) ?? []
  return isId(id) ? { kind: 'itemAdded', itemId: stringOf(message, id) } : undefined
}

function responseCreated({ response }: Fields, message: Buffer): ServerEvent | undefined {
  // One that we have asked for tells so in its metadata, an object, for which there is no answer here.
  const [id, conversationId] = (response && fieldsIn(message, response, responseNames)) ?? []
  if (!isId(id)) return undefined
  return {
    kind: 'responseCreated',
    responseId: stringOf(message, id),
    outOfBand: conversationId === null,
  }
}

function messageItem(
  kind: 'outputItemAdded' | 'outputItemDone',
  { responseId, item: found }: Fields,
  message: Buffer,
): ServerEvent | undefined {
  const [id, type, role, , ...ofCall] = (found && fieldsIn(message, found, itemNames)) ?? []
  if (!responseId || !isId(id) || !type || !isAt(message, type, messageType)) return undefined
  if (ofCall.some((field) => field)) return undefined
  const item = {
    kind: 'message',
    itemId: stringOf(message, id),
    role: role ? stringOf(message, role) : 'assistant',
  } as const
  return { kind, responseId, item }
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
    item: undefined,
    response: undefined,
  }
  const [name, text] = [stretchOf(message), stretchOf(message)]
  for (let at = from + 1; at < last; at++) {
    if (message[at] !== quote) return undefined
    name.start = at + 1
    name.end = plainStringEnd(message, name.start)
    if (name.end === 0 || message[name.end + 1] !== colon) return undefined
    const value = name.end + 2
    const isText = message[value] === quote
    const end = isText ? textEnd(name, value + 1) : otherEnd(message, value)
    if (end <= 0 || end > (isText ? last - 1 : last)) return undefined
    text.start = isText ? value + 1 : value
    text.end = end
    if (!(isText ? keepText(found, name, text) : keepOther(found, name, text))) return undefined
    at = isText ? end + 1 : end
    if (at === last) break
    if (message[at] !== comma || at + 1 === last) return undefined
  }
  return found
}

/** Base64 is not looked at here: there is much of it. */
function textEnd(name: Text, start: number): number {
  const { message } = name
  return is(name, names.delta) ? message.indexOf(quote, start) : plainStringEnd(message, start)
}

function otherEnd(message: Buffer, start: number): number {
  const byte = message[start]
  return byte === brace.open || byte === bracket ? nestedEnd(message, start) : bareEnd(message, start)
}

/** A stretch of a message; one object for all names, as there are many. */
type Text = { readonly message: Buffer; start: number; end: number }

function stretchOf(message: Buffer): Text {
  return { message, start: 0, end: 0 }
}

/** @returns false when the message is for the strict way: a name that counts came twice */
function keepText(found: Fields, name: Text, text: Text): boolean {
  // The lengths of the names that count are all different, but for two.
  switch (name.end - name.start) {
    case names.type.length:
      if (!is(name, names.type)) return !is(name, names.item)
      if (found.read) return false
      found.read = readers.find(({ type }) => is(text, type))?.read
      return found.read !== undefined
    case names.responseId.length:
      if (!is(name, names.responseId)) return true
      if (found.responseId || !isIdLength(text)) return false
      found.responseId = textOf(text)
      return true
    case names.itemId.length:
      if (!is(name, names.itemId)) return true
      if (found.itemId || !isIdLength(text)) return false
      found.itemId = textOf(text)
      return true
    case names.delta.length:
      if (!is(name, names.delta)) return true
      if (found.deltaStart) return false
      found.deltaStart = text.start
      found.deltaEnd = text.end
      return true
    case names.transcript.length:
      if (!is(name, names.transcript)) return true
      if (found.transcript !== undefined) return false
      found.transcript = textOf(text)
      return true
    case names.response.length:
      return !is(name, names.response)
    default:
      return true
  }
}

/** The same for what is no text. */
function keepOther(found: Fields, name: Text, { start, end }: Text): boolean {
  const of = is(name, names.item) ? 'item' : is(name, names.response) ? 'response' : undefined
  if (of) {
    if (found[of]) return false
    found[of] = { start, end }
    return true
  }
  return !textNames.some((expected) => is(name, expected))
}

function is(text: Text, expected: Buffer): boolean {
  return isAt(text.message, text, expected)
}

function textOf({ message, start, end }: Text): string {
  return message.toString('latin1', start, end)
}

function stringOf(message: Buffer, { start, end }: Stretch): string {
  return message.toString('latin1', start, end)
}

function isId(found: Stretch | null | undefined): found is Stretch {
  return found !== null && found !== undefined && isIdLength(found)
}

function isIdLength({ start, end }: Stretch): boolean {
  return end > start && end - start <= maxIdChars
}
