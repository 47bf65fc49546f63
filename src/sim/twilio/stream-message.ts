import { z } from 'zod'

const message = z.discriminatedUnion('event', [
  z.strictObject({
    event: z.literal('media'),
    streamSid: z.string(),
    media: z.strictObject({ payload: z.string().min(1) }),
  }),
  z.strictObject({
    event: z.literal('mark'),
    streamSid: z.string(),
    mark: z.strictObject({ name: z.string().min(1) }),
  }),
  z.strictObject({ event: z.literal('clear'), streamSid: z.string() }),
])

/** A message to Twilio, or the reason why it is none (31951 in Twilio's debugger). */
export type StreamMessage =
  | { readonly kind: 'media'; readonly audio: Uint8Array }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'clear' }
  | { readonly kind: 'invalid'; readonly reason: string }

/**
 * Reads one text message that the product sent on a bidirectional stream, as strictly as Twilio: no field may be
 * missing, misspelt or added, and the stream must be this one.
 * Source: Twilio, "Media Streams - WebSocket messages", messages to Twilio
 */
export function readStreamMessage(text: string, streamSid: string): StreamMessage {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'invalid', reason: 'Message is not JSON' }
  }
  const parsed = message.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { kind: 'invalid', reason: `Message is malformed at ${issue?.path.join('.') || 'its root'}` }
  }
  if (parsed.data.streamSid !== streamSid) return { kind: 'invalid', reason: 'Message names another stream' }
  switch (parsed.data.event) {
    case 'media':
      return readPayload(parsed.data.media.payload)
    case 'mark':
      return { kind: 'mark', name: parsed.data.mark.name }
    case 'clear':
      return { kind: 'clear' }
  }
}

function readPayload(payload: string): StreamMessage {
  if (payload.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(payload)) {
    return { kind: 'invalid', reason: 'Payload is not base64' }
  }
  return { kind: 'media', audio: Buffer.from(payload, 'base64') }
}
