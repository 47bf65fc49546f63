import { rawFrame, type RawFrameOptions } from './raw-frame.ts'

/** What a peer can do to a websocket below its messages. */
export const wireForms = [
  'oversizeFrame',
  'oversizeClaim',
  'fragmentsTooMuch',
  'tinyFragments',
  'invalidUtf8',
  'binaryFrame',
  'binaryFrames',
  'pingFlood',
  'pongFlood',
  'wrongMasking',
  'reservedBits',
  'badOpcode',
  'longPing',
  'fragmentedPing',
  'startlessFragment',
  'nestedFragment',
  'badCloseCode',
  'closeOnly',
] as const

/** One of them. */
export type WireForm = (typeof wireForms)[number]

/** A fragment of this many bytes; so many of them are more than any message of 1 MiB may have. */
const FRAGMENT_BYTES = 16_384
const TINY_FRAGMENTS = 20_000
const FLOOD_FRAMES = 20_000
/** More than any error budget allows. */
const BINARY_FRAMES = 25

/**
 * The bytes of a broken rule, as they go on the wire.
 * @param side.masked true for what a client sends
 * @param side.mostBytes the largest message that the other side takes
 */
export function wireBytes(
  form: WireForm,
  side: { readonly masked: boolean; readonly mostBytes: number },
): Buffer {
  const { masked, mostBytes } = side
  const frame = (options: Omit<RawFrameOptions, 'masked'>): Buffer => rawFrame({ ...options, masked })
  const text = (payload: Uint8Array): Buffer => frame({ opcode: 1, payload })
  switch (form) {
    case 'oversizeFrame':
      return text(Buffer.alloc(mostBytes + 1, 'x'))
    case 'oversizeClaim':
      return frame({ opcode: 1, payload: Buffer.from('x'), saidLength: 2 ** 31 })
    case 'fragmentsTooMuch': {
      const length = Math.min(FRAGMENT_BYTES, mostBytes / 8)
      const more = Array.from({ length: mostBytes / length + 1 }, (_, index) =>
        frame({ opcode: index === 0 ? 1 : 0, fin: false, payload: Buffer.alloc(length, 'x') }),
      )
      return Buffer.concat(more)
    }
    case 'tinyFragments': {
      const tiny = frame({ opcode: 0, fin: false, payload: Buffer.from('x') })
      const first = frame({ opcode: 1, fin: false, payload: Buffer.from('x') })
      return Buffer.concat([first, ...Array.from({ length: TINY_FRAGMENTS }, () => tiny)])
    }
    case 'invalidUtf8':
      return text(Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]))
    case 'binaryFrame':
      return frame({ opcode: 2, payload: Buffer.from('{}') })
    case 'binaryFrames':
      return repeated(frame({ opcode: 2, payload: Buffer.from('{}') }), BINARY_FRAMES)
    case 'pingFlood':
      return repeated(frame({ opcode: 9 }), FLOOD_FRAMES)
    case 'pongFlood':
      return repeated(frame({ opcode: 10, payload: Buffer.alloc(125, 'x') }), FLOOD_FRAMES)
    case 'wrongMasking':
      return rawFrame({ opcode: 1, payload: Buffer.from('{}'), masked: !masked })
    case 'reservedBits':
      return frame({ opcode: 1, payload: Buffer.from('{}'), reserved: 2 })
    case 'badOpcode':
      return frame({ opcode: 3, payload: Buffer.from('{}') })
    case 'longPing':
      return frame({ opcode: 9, payload: Buffer.alloc(126, 'x') })
    case 'fragmentedPing':
      return frame({ opcode: 9, fin: false })
    case 'startlessFragment':
      return frame({ opcode: 0, payload: Buffer.from('{}') })
    case 'nestedFragment':
      return Buffer.concat([
        frame({ opcode: 1, fin: false, payload: Buffer.from('{') }),
        frame({ opcode: 1, payload: Buffer.from('}') }),
      ])
    case 'badCloseCode':
      return frame({ opcode: 8, payload: Buffer.from([0x03, 0xed]) })
    case 'closeOnly':
      return frame({ opcode: 8 })
  }
}

function repeated(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => bytes))
}
