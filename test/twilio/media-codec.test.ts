import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MediaCodec } from '../../src/twilio/media-codec.ts'
import type { Inbound } from '../../src/twilio/media-codec.ts'
import { mediaText, streamSid } from './support/media-text.ts'
import { accountSid, newCallSid, newStreamSid } from './support/names.ts'

const seed = 20_261_120

type Seen = { kind: string; streamSid?: string; timestampMs?: number; audio?: string }

function isInteger(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9]{1,15}$/.test(value)
}

/** What the message holds according to JSON.parse and Buffer alone. */
function reference(text: string): Seen {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'malformed' }
  }
  const root = json as {
    event?: unknown
    sequenceNumber?: unknown
    streamSid?: unknown
    media?: unknown
  } | null
  if (root?.event !== 'media') return { kind: 'not media' }
  const media = root.media as Record<'track' | 'chunk' | 'timestamp' | 'payload', unknown> | null | undefined
  const isShaped =
    typeof root.streamSid === 'string' &&
    /^MZ[0-9a-f]{32}$/.test(root.streamSid) &&
    (root.sequenceNumber === undefined || isInteger(root.sequenceNumber)) &&
    typeof media === 'object' &&
    media !== null &&
    typeof media.track === 'string' &&
    (media.chunk === undefined || isInteger(media.chunk)) &&
    isInteger(media.timestamp) &&
    typeof media.payload === 'string'
  if (!isShaped) return { kind: 'malformed' }
  if (media.track !== 'inbound') return { kind: 'other' }
  const payload = media.payload as string
  const audio = Buffer.from(payload, 'base64')
  if (audio.toString('base64') !== payload || audio.length > 8_000) return { kind: 'malformed' }
  return {
    kind: 'media',
    streamSid: root.streamSid as string,
    timestampMs: Number(media.timestamp),
    audio: audio.toString('hex'),
  }
}

function seen(codec: MediaCodec, message: Inbound): Seen {
  if (message.kind !== 'media') return { kind: message.kind }
  const { kind, timestampMs, payloadBytes } = message
  return { kind, streamSid: message.streamSid, timestampMs, audio: codec.audio(payloadBytes).toString('hex') }
}

/** The reference does not tell the other kinds of message apart; none of them may be audio. */
function asReference(actual: Seen, expected: Seen): Seen {
  return expected.kind === 'not media' && actual.kind !== 'media' ? expected : actual
}

function newCodec(scratch = Buffer.alloc(8_000)): MediaCodec {
  const codec = new MediaCodec(scratch)
  codec.expectStream(streamSid)
  return codec
}

function silentText(payloadBytes: number): Buffer {
  return Buffer.from(mediaText({ payload: Buffer.alloc(payloadBytes).toString('base64') }))
}

describe('MediaCodec.decode()', () => {
  it('reads a mutated message after it has learnt a layout exactly as JSON.parse would', () => {
    const fragments = fc.constantFrom(
      '"',
      '\\',
      '\\/',
      '\\u0041',
      '/',
      '=',
      '==',
      '{',
      '}',
      ',',
      ':',
      ' ',
      '0',
      '9',
      'A',
      '\0',
      'é',
      '😀',
      '-',
      '1e3',
      '","payload":"AAAA',
      '"payload":"AAAA",',
      ',"media":{"payload":"AAAA"}',
      '"track":"outbound",',
      '"event":"mark",',
      `"streamSid":"MZ${'cd'.repeat(16)}",`,
      '"timestamp":"1",',
      '"timestamp":7,',
      '"chunk":"x",',
      '"__proto__":{"payload":"AAAA"},',
      '\u{E000}payload\u{E000}',
    )
    const edits = fc.array(
      fc.record({
        at: fc.nat(),
        cut: fc.nat(3),
        insert: fc.oneof({ weight: 2, arbitrary: fragments }, fc.constant('')),
      }),
      { maxLength: 2 },
    )
    const kinds = new Map<string, number>()
    fc.assert(
      fc.property(
        fc.record({
          learntOrder: fc.nat(3),
          order: fc.nat(3),
          audio: fc.uint8Array({ maxLength: 48 }),
          timestamp: fc.oneof({ weight: 9, arbitrary: fc.nat() }, fc.constantFrom(10 ** 15 - 1, 10 ** 15)),
          changes: edits,
        }),
        ({ learntOrder, order, audio, timestamp, changes }) => {
          const codec = newCodec()
          codec.decode(Buffer.from(mediaText({ order: learntOrder })))
          const payload = Buffer.from(audio).toString('base64')
          let text = mediaText({ order, payload, timestamp: String(timestamp) })
          for (const { at, cut, insert } of changes) {
            // Edits fall on characters, as ws lets only valid UTF-8 through.
            const characters = Array.from(text)
            text = characters.toSpliced(at % (characters.length + 1), cut, insert).join('')
          }
          const expected = reference(text)
          const actual = seen(codec, codec.decode(Buffer.from(text)))
          expect(asReference(actual, expected)).toEqual(expected)
          kinds.set(actual.kind, (kinds.get(actual.kind) ?? 0) + 1)
        },
      ),
      { seed, numRuns: 6_000 },
    )
    expect(kinds.get('media')).toBeGreaterThan(1_000)
    expect(kinds.get('malformed')).toBeGreaterThan(1_000)
  })

  it('takes the values of a message from where its event says, whatever else it carries', () => {
    const mark = { name: 'AAAA' }
    const media = { track: 'inbound', chunk: '1', timestamp: '20', payload: 'QUJD' }
    for (const [event, expected] of [
      ['media', { kind: 'media', payloadBytes: 3 }],
      ['mark', { kind: 'mark', name: 'AAAA' }],
    ] as const) {
      const codec = newCodec()
      const bytes = Buffer.from(JSON.stringify({ event, streamSid, mark, media }))
      for (let round = 0; round < 3; round++) expect(codec.decode(bytes)).toMatchObject(expected)
    }
  })

  it('never throws on any bytes, and takes none of them for audio', () => {
    const codec = newCodec()
    codec.decode(Buffer.from(mediaText()))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(['malformed', 'other']).toContain(codec.decode(bytes).kind)
        },
      ),
      { seed, numRuns: 2_000 },
    )
  })

  it('refuses the change of any single byte, or reads the same as JSON.parse', () => {
    const text = mediaText({ payload: Buffer.alloc(9, 0x31).toString('base64') })
    for (let at = 0; at < text.length; at++) {
      for (const byte of [0x22, 0x5c, 0x20, 0x30, 0x39, 0x41, 0x7d, 0x01]) {
        const codec = newCodec()
        codec.decode(Buffer.from(mediaText()))
        const bytes = Buffer.from(text)
        bytes[at] = byte
        const expected = reference(bytes.toString())
        const actual = seen(codec, codec.decode(bytes))
        expect(asReference(actual, expected)).toEqual(expected)
      }
    }
  })

  it('reads a message with anything put in at any place as JSON.parse would', () => {
    const text = mediaText({ payload: 'MTEx' })
    for (let at = 0; at <= text.length; at++) {
      for (const insert of ['"', ' ', '0', 'AAAA', '}', ',"payload":"AAAA"', '"payload":"AAAA",']) {
        const codec = newCodec()
        codec.decode(Buffer.from(mediaText()))
        const changed = text.slice(0, at) + insert + text.slice(at)
        const expected = reference(changed)
        const actual = seen(codec, codec.decode(Buffer.from(changed)))
        expect(asReference(actual, expected)).toEqual(expected)
      }
    }
  })

  it('takes 8,000 bytes and refuses 8,001, on both ways and in a larger scratch', () => {
    const codec = newCodec(Buffer.alloc(20_000))
    for (let round = 0; round < 2; round++) {
      expect(codec.decode(silentText(8_000))).toMatchObject({ kind: 'media', payloadBytes: 8_000 })
      expect(codec.decode(silentText(8_001)).kind).toBe('malformed')
    }
    expect(() => new MediaCodec(Buffer.alloc(7_999))).toThrow('7999 bytes is below 8000')
  })

  it('reads an escaped slash as JSON does, also after it has learnt the layout', () => {
    const codec = newCodec()
    codec.decode(Buffer.from(mediaText()))
    const text = mediaText({ payload: '////' }).replace('////', '\\/\\/\\/\\/')
    expect(seen(codec, codec.decode(Buffer.from(text)))).toMatchObject({ kind: 'media', audio: 'ffffff' })
  })

  it('does not learn the layout of another stream', () => {
    const codec = newCodec()
    const other = newStreamSid()
    const text = mediaText().replace(streamSid, other)
    for (let round = 0; round < 2; round++) {
      expect(codec.decode(Buffer.from(text))).toMatchObject({ kind: 'media', streamSid: other })
    }
  })

  it('decodes into the given scratch and hands out one view per length, for a bounded number of lengths', () => {
    const scratch = Buffer.alloc(8_000)
    const codec = newCodec(scratch)
    codec.decode(Buffer.from(mediaText()))
    expect(scratch.subarray(0, 160).every((byte) => byte === 0x7f)).toBe(true)
    const view = codec.audio(160)
    expect(codec.audio(160)).toBe(view)
    expect(view.buffer).toBe(scratch.buffer)
    for (let length = 1_000; length < 1_040; length++) codec.audio(length)
    expect(codec.audio(160)).toBe(view)
    expect(codec.audio(1_039)).not.toBe(codec.audio(1_039))
  })

  it('reads every kind of message, with its keys in any order', () => {
    const callSid = newCallSid()
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 }
    const start = { streamSid, accountSid, callSid, tracks: ['inbound'], mediaFormat, customParameters: {} }
    const decode = (message: unknown) => newCodec().decode(Buffer.from(JSON.stringify(message)))
    expect(decode({ event: 'connected', protocol: 'Call', version: '1.0.0' })).toEqual({ kind: 'connected' })
    expect(decode({ start, streamSid, sequenceNumber: '1', event: 'start' })).toEqual({
      kind: 'start',
      start: { streamSid, accountSid, callSid, isUlaw8k: true },
    })
    expect(decode({ event: 'dtmf', streamSid, dtmf: { track: 'inbound_track', digit: '#' } })).toEqual({
      kind: 'dtmf',
      streamSid,
      digit: '#',
    })
    expect(decode({ event: 'mark', streamSid, mark: { name: 'g1:m7' } })).toEqual({
      kind: 'mark',
      streamSid,
      name: 'g1:m7',
    })
    expect(decode({ streamSid, event: 'stop', stop: { accountSid, callSid } })).toEqual({
      kind: 'stop',
      streamSid,
    })
    expect(decode({ event: 'whisper', streamSid })).toEqual({ kind: 'other' })
  })

  it('refuses messages whose fields are missing or of another type', () => {
    const media = { track: 'inbound', chunk: '1', timestamp: '1', payload: 'AAAA' }
    const wrong = [
      { event: 'media', streamSid, media: { ...media, timestamp: 1 } },
      { event: 'media', streamSid, media: { ...media, timestamp: '-1' } },
      { event: 'media', streamSid, media: { ...media, timestamp: '1.5' } },
      { event: 'media', streamSid, media: { ...media, timestamp: '1'.repeat(16) } },
      { event: 'media', streamSid, media: { ...media, payload: null } },
      { event: 'media', streamSid, media: { ...media, track: undefined } },
      { event: 'media', stream_sid: streamSid, media },
      { event: 'media', streamSid, media: [] },
      { event: 'media' },
      { event: 'start', streamSid, start: {} },
      {
        event: 'start',
        streamSid: newStreamSid(),
        start: { streamSid, accountSid, callSid: '', mediaFormat: {} },
      },
      { event: 'dtmf', streamSid, dtmf: { digit: '12' } },
      { event: 'dtmf', streamSid, dtmf: { digit: '٣' } },
      { event: 'mark', streamSid, mark: { name: '' } },
      { event: 'mark', streamSid, mark: { name: 'x'.repeat(257) } },
      { event: 'stop' },
      { event: 7 },
      { event: null },
      {},
      [],
      null,
      'media',
    ]
    for (const message of wrong) {
      const text = JSON.stringify(message)
      expect([text, newCodec().decode(Buffer.from(text)).kind]).toEqual([text, 'malformed'])
    }
  })

  it('ignores the media of another track', () => {
    const text = mediaText().replace('"inbound"', '"outbound"')
    expect(newCodec().decode(Buffer.from(text))).toEqual({ kind: 'other' })
  })
})
