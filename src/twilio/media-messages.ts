import { z } from 'zod'

/** What a `start` message says about its stream. */
export type StreamStart = {
  readonly streamSid: string
  readonly accountSid: string
  readonly callSid: string
  /** False unless the audio is µ-law, 8 kHz, mono. */
  readonly isUlaw8k: boolean
}

/** A message of Twilio, read by JSON.parse and a schema. A media payload is still base64. */
export type ParsedMessage =
  | { readonly kind: 'connected' }
  | { readonly kind: 'start'; readonly start: StreamStart }
  | {
      readonly kind: 'media'
      readonly streamSid: string
      readonly timestampMs: number
      readonly payload: string
      readonly json: unknown
    }
  | { readonly kind: 'dtmf'; readonly streamSid: string; readonly digit: string }
  | { readonly kind: 'mark'; readonly streamSid: string; readonly name: string; readonly json: unknown }
  | { readonly kind: 'stop'; readonly streamSid: string }
  /** An event or a track that this version does not know: ignored and counted. */
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed' }

const streamSid = z.string().regex(/^MZ[0-9a-f]{32}$/)
const integerText = z.string().regex(/^[0-9]{1,15}$/)

const startMessage = z.object({
  streamSid,
  start: z.object({
    streamSid,
    accountSid: z.string(),
    callSid: z.string(),
    mediaFormat: z.object({ encoding: z.string(), sampleRate: z.number(), channels: z.number() }),
  }),
})

const mediaMessage = z.object({
  streamSid,
  sequenceNumber: integerText.optional(),
  media: z.object({
    track: z.string(),
    chunk: integerText.optional(),
    timestamp: integerText,
    payload: z.string(),
  }),
})

const dtmfMessage = z.object({ streamSid, dtmf: z.object({ digit: z.string().regex(/^[0-9*#A-D]$/) }) })
const markMessage = z.object({ streamSid, mark: z.object({ name: z.string().min(1).max(256) }) })
const stopMessage = z.object({ streamSid })

/**
 * Reads one text message. Unknown fields are ignored, since Twilio may add some; of a repeated key the last one wins,
 * as in every JSON.parse.
 * Source: Twilio's "Media Streams - WebSocket Messages" page
 */
export function parseMessage(text: string): ParsedMessage {
  const json = parseJson(text)
  if (typeof json !== 'object' || json === null || !('event' in json)) return { kind: 'malformed' }
  switch (json.event) {
    case 'connected':
      return { kind: 'connected' }
    case 'start':
      return startOf(json)
    case 'media':
      return mediaOf(json)
    case 'dtmf': {
      const { data } = dtmfMessage.safeParse(json)
      return data
        ? { kind: 'dtmf', streamSid: data.streamSid, digit: data.dtmf.digit }
        : { kind: 'malformed' }
    }
    case 'mark': {
      const { data } = markMessage.safeParse(json)
      return data
        ? { kind: 'mark', streamSid: data.streamSid, name: data.mark.name, json }
        : { kind: 'malformed' }
    }
    case 'stop': {
      const { data } = stopMessage.safeParse(json)
      return data ? { kind: 'stop', streamSid: data.streamSid } : { kind: 'malformed' }
    }
  }
  return typeof json.event === 'string' ? { kind: 'other' } : { kind: 'malformed' }
}

function startOf(json: object): ParsedMessage {
  const { data } = startMessage.safeParse(json)
  if (!data || data.streamSid !== data.start.streamSid) return { kind: 'malformed' }
  const { accountSid, callSid, mediaFormat } = data.start
  const isUlaw8k =
    mediaFormat.encoding === 'audio/x-mulaw' && mediaFormat.sampleRate === 8_000 && mediaFormat.channels === 1
  return { kind: 'start', start: { streamSid: data.streamSid, accountSid, callSid, isUlaw8k } }
}

function mediaOf(json: object): ParsedMessage {
  const { data } = mediaMessage.safeParse(json)
  if (!data) return { kind: 'malformed' }
  // On <Connect> only the caller's track is delivered; another one must never be taken for the caller.
  if (data.media.track !== 'inbound') return { kind: 'other' }
  const { timestamp, payload } = data.media
  return { kind: 'media', streamSid: data.streamSid, timestampMs: Number(timestamp), payload, json }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
