import type { AudioEngine } from '../src/audio/engine.ts'
import { rawBuffer } from '../src/audio/raw-buffer.ts'
import type { RawBuffer } from '../src/audio/raw-buffer.ts'
import type { Downlink, Uplink } from '../src/audio/stream.ts'

/** Identifiers of the right length; what they say does not matter. */
const STREAM_SID = `MZ${'0123456789abcdef'.repeat(2)}`
const ID = 'Cq0123456789abcdefghi'

/** A media message as it comes from the phone. */
export function mediaMessage(ulaw: Buffer): Buffer {
  return Buffer.from(
    `{"event":"media","sequenceNumber":"123","streamSid":"${STREAM_SID}","media":{"track":"inbound","chunk":"122",` +
      `"timestamp":"2440","payload":"${ulaw.toString('base64')}"}}`,
  )
}

/** A delta event as it comes from the model. */
export function deltaMessage(audio: Buffer): Buffer {
  return Buffer.from(
    `{"type":"response.output_audio.delta","event_id":"event_${ID}","response_id":"resp_${ID}","item_id":"item_${ID}",` +
      `"output_index":0,"content_index":0,"delta":"${audio.toString('base64')}"}`,
  )
}

/**
 * A bridge in JSON, up: parses, takes the payload out of base64, puts audio of the size that belongs there back into
 * base64, and writes JSON. It does nothing to samples.
 * @param outgoing the audio to send on; without it, what came in
 */
export function jsonUp(message: Buffer, outgoing?: Buffer): Buffer {
  const { media } = JSON.parse(message.toString()) as { media: { payload: string } }
  const audio = Buffer.from(media.payload, 'base64')
  if (outgoing) outgoing[0] = audio[0] ?? 0
  return Buffer.from(
    JSON.stringify({ type: 'input_audio_buffer.append', audio: (outgoing ?? audio).toString('base64') }),
  )
}

/** The same down. */
export function jsonDown(message: Buffer, outgoing?: Buffer): Buffer {
  const { delta } = JSON.parse(message.toString()) as { delta: string }
  const audio = Buffer.from(delta, 'base64')
  if (outgoing) outgoing[0] = audio[0] ?? 0
  const media = { payload: (outgoing ?? audio).toString('base64') }
  return Buffer.from(JSON.stringify({ event: 'media', streamSid: STREAM_SID, media }))
}

/** What the byte path of one direction needs to know of its messages. */
type Path = {
  readonly before: Buffer
  readonly prefix: Buffer
  readonly suffix: Buffer
  readonly tailBytes: number
}

/** From a media message to an append event without parsing either, resampled on the way. */
export function bytesUp(engine: AudioEngine, stream: Uplink): (message: Buffer) => Buffer {
  const path = {
    before: Buffer.from('"payload":"'),
    prefix: Buffer.from('{"type":"input_audio_buffer.append","audio":"'),
    suffix: Buffer.from('"}'),
    tailBytes: '"}}'.length,
  }
  return bytePath(path, { from: engine.ulawIn, to: engine.pcmOut, push: (bytes) => stream.push(bytes) })
}

/** From a delta event to a media message, likewise. */
export function bytesDown(engine: AudioEngine, stream: Downlink): (message: Buffer) => Buffer {
  const path = {
    before: Buffer.from('"delta":"'),
    prefix: Buffer.from(`{"event":"media","streamSid":"${STREAM_SID}","media":{"payload":"`),
    suffix: Buffer.from('"}}'),
    tailBytes: '"}'.length,
  }
  return bytePath(path, { from: engine.pcmIn, to: engine.ulawOut, push: (bytes) => stream.push(bytes) })
}

/** Looks for the payload where the last message had it, then anywhere. */
function bytePath(
  path: Path,
  audio: { readonly from: RawBuffer; readonly to: RawBuffer; readonly push: (bytes: number) => number },
): (message: Buffer) => Buffer {
  const { before, prefix, suffix } = path
  let start = 0
  return (message) => {
    const raw = rawBuffer(message)
    if (start === 0 || message.compare(before, 0, before.length, start - before.length, start) !== 0) {
      start = message.indexOf(before) + before.length
    }
    const bytes = audio.from.base64Write(
      raw.latin1Slice(start, message.length - path.tailBytes),
      0,
      audio.from.length,
    )
    const made = audio.push(bytes)
    const characters = 4 * Math.ceil(made / 3)
    const out = rawBuffer(Buffer.allocUnsafe(prefix.length + characters + suffix.length))
    out.set(prefix)
    out.latin1Write(audio.to.base64Slice(0, made), prefix.length, characters)
    out.set(suffix, prefix.length + characters)
    return out
  }
}
