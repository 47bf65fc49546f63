/** What a media socket has to do about a message: go on, or end with this close code for this reason. */
export type Verdict = { readonly code: number; readonly reason: string } | undefined

type Message =
  | { readonly kind: 'connected' | 'other' | 'malformed' | 'start'; readonly start?: Start }
  | { readonly kind: 'media' | 'mark' | 'dtmf' | 'stop'; readonly streamSid: string }
type Start = {
  readonly streamSid: string
  readonly accountSid: string
  readonly callSid: string
  readonly isUlaw: boolean
}
type Json = Readonly<Record<string, unknown>>

/** The largest message, and the most audio in one: a second. */
const MOST_MESSAGE_BYTES = 65_536
const MOST_AUDIO_BYTES = 8_000
/** How many faults of a kind end a socket; messages of another stream count in a row. */
const LAST_FAULT = { malformed: 20, mediaBeforeStart: 10, foreignStream: 50 } as const

/**
 * Says what a media socket must do about every message, judged by what Twilio documents and by our own limits. It is
 * written apart from the socket, so that a mistake would have to be made twice.
 * Source: Twilio, "Media Streams - WebSocket messages"
 */
export class MediaOracle {
  readonly #call: { readonly accountSid: string; readonly callSid: string }
  #phase: 'opened' | 'connected' | 'streaming' | 'over' = 'opened'
  #streamSid = ''
  #foreignInARow = 0
  /** What a server counts as faults of this socket, by kind. */
  readonly faults = new Map<string, number>()
  /** Media messages that a stream has taken. */
  media = 0

  constructor(call: { readonly accountSid: string; readonly callSid: string }) {
    this.#call = call
  }

  /** Whether a valid `start` has come. */
  get hasStreamed(): boolean {
    return this.#streamSid !== ''
  }

  /** The next text message. Nothing may follow the one that ends the socket. */
  take(bytes: Buffer): Verdict {
    if (bytes.length > MOST_MESSAGE_BYTES) return this.#end(1009, 'frame')
    if (!isUtf8(bytes)) return this.#end(1007, 'frame')
    const message = readMessage(bytes.toString('utf8'))
    return this.#phase === 'streaming' ? this.#streaming(message) : this.#starting(message)
  }

  /** No valid `start` in time. */
  late(): Verdict {
    return this.#end(1008, 'noStart')
  }

  #starting(message: Message): Verdict {
    switch (message.kind) {
      case 'connected':
        if (this.#phase === 'connected') return this.#fault('malformed')
        this.#phase = 'connected'
        return undefined
      case 'start':
        return this.#start(message.start)
      case 'media':
        return this.#fault('mediaBeforeStart')
      case 'stop':
        return this.#end(1000, '')
      case 'other':
        return this.#note('unknownEvent')
      case 'malformed':
      case 'mark':
      case 'dtmf':
        return this.#fault('malformed')
    }
  }

  #start(start: Start | undefined): Verdict {
    if (this.#phase === 'opened') return this.#end(1008, 'startBeforeConnected')
    const { accountSid, callSid } = this.#call
    if (start?.accountSid !== accountSid || start.callSid !== callSid) return this.#end(1008, 'wrongCall')
    if (!start.isUlaw) return this.#end(1008, 'wrongFormat')
    this.#phase = 'streaming'
    this.#streamSid = start.streamSid
    return undefined
  }

  #streaming(message: Message): Verdict {
    if ('streamSid' in message) {
      if (message.streamSid !== this.#streamSid) return this.#fault('foreignStream')
      this.#foreignInARow = 0
    }
    switch (message.kind) {
      case 'media':
        this.media++
        return undefined
      case 'stop':
        return this.#end(1000, '')
      case 'start':
        return this.#end(1008, 'secondStart')
      case 'other':
        return this.#note('unknownEvent')
      case 'connected':
      case 'malformed':
        return this.#fault('malformed')
      case 'mark':
      case 'dtmf':
        return undefined
    }
  }

  #fault(kind: keyof typeof LAST_FAULT): Verdict {
    this.#note(kind)
    const seen = kind === 'foreignStream' ? ++this.#foreignInARow : (this.faults.get(kind) ?? 0)
    return seen >= LAST_FAULT[kind] ? this.#end(1008, 'tooManyFaults') : undefined
  }

  #end(code: number, reason: string): Verdict {
    this.#phase = 'over'
    if (reason !== '') this.#note(reason)
    return { code, reason }
  }

  #note(kind: string): undefined {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1)
    return undefined
  }
}

function readMessage(text: string): Message {
  const malformed = { kind: 'malformed' } as const
  const json = parsed(text)
  const event = json?.['event']
  if (!json || typeof event !== 'string') return malformed
  const { streamSid } = json
  switch (event) {
    case 'connected':
      return { kind: 'connected' }
    case 'start':
      return startOf(json)
    case 'media':
      return mediaOf(json)
    case 'stop':
      return isStreamSid(streamSid) ? { kind: 'stop', streamSid } : malformed
    case 'mark': {
      const name = member(json, 'mark')?.['name']
      const isName = typeof name === 'string' && name.length >= 1 && name.length <= 256
      return isName && isStreamSid(streamSid) ? { kind: 'mark', streamSid } : malformed
    }
    case 'dtmf': {
      const digit = member(json, 'dtmf')?.['digit']
      const isDigit = typeof digit === 'string' && '0123456789*#ABCD'.includes(digit) && digit.length === 1
      return isDigit && isStreamSid(streamSid) ? { kind: 'dtmf', streamSid } : malformed
    }
  }
  return { kind: 'other' }
}

function startOf(json: Json): Message {
  const start = member(json, 'start')
  const format = start && member(start, 'mediaFormat')
  if (!start || !format) return { kind: 'malformed' }
  const { streamSid, accountSid, callSid } = start
  const { encoding, sampleRate, channels } = format
  const isWhole =
    isStreamSid(json['streamSid']) &&
    json['streamSid'] === streamSid &&
    typeof accountSid === 'string' &&
    typeof callSid === 'string' &&
    typeof encoding === 'string' &&
    Number.isFinite(sampleRate) &&
    Number.isFinite(channels)
  if (!isWhole) return { kind: 'malformed' }
  const isUlaw = encoding === 'audio/x-mulaw' && sampleRate === 8_000 && channels === 1
  return { kind: 'start', start: { streamSid: json['streamSid'] as string, accountSid, callSid, isUlaw } }
}

function mediaOf(json: Json): Message {
  const media = member(json, 'media')
  const { streamSid } = json
  if (!media || !isStreamSid(streamSid)) return { kind: 'malformed' }
  const { track, chunk, timestamp, payload } = media
  const isOptionalCount = (value: unknown): boolean => value === undefined || isCount(value)
  const isWhole =
    isOptionalCount(json['sequenceNumber']) &&
    isOptionalCount(chunk) &&
    isCount(timestamp) &&
    typeof track === 'string' &&
    typeof payload === 'string'
  if (!isWhole) return { kind: 'malformed' }
  if (track !== 'inbound') return { kind: 'other' }
  return isBase64(payload) ? { kind: 'media', streamSid } : { kind: 'malformed' }
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

function member(json: Json, name: string): Json | undefined {
  const value = Object.hasOwn(json, name) ? json[name] : undefined
  return isJson(value) ? value : undefined
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStreamSid(value: unknown): value is string {
  return typeof value === 'string' && value.length === 34 && /^MZ[0-9a-f]+$/.test(value)
}

function isCount(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 15 && /^[0-9]+$/.test(value)
}

/** Base64 as RFC 4648 §4 has it, to the last bit, of at most a second of audio. */
function isBase64(text: string): boolean {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length <= MOST_AUDIO_BYTES && bytes.toString('base64') === text
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
