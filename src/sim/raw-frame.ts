/** A websocket frame with every bit as it is wanted, sound or not. Source: RFC 6455 §5.2 */
export type RawFrameOptions = {
  /** 1 text, 2 binary, 0 continuation, 8 close, 9 ping, 10 pong; others are reserved. */
  readonly opcode: number
  readonly payload?: Uint8Array
  /** The last frame of its message, when unset. */
  readonly fin?: boolean
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number
  /** What clients must do and servers must not. */
  readonly masked: boolean
  /** Length in the header, where it is not that of the payload. */
  readonly saidLength?: number
}

const MASK = Buffer.from([0x11, 0x22, 0x33, 0x44])

/** The bytes of a frame. */
export function rawFrame(options: RawFrameOptions): Buffer {
  const { opcode, payload = Buffer.alloc(0), fin = true, reserved = 0, masked } = options
  const length = options.saidLength ?? payload.length
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  const maskBit = masked ? 0x80 : 0
  const head =
    length < 126
      ? Buffer.from([first, maskBit | length])
      : length < 65_536
        ? Buffer.from([first, maskBit | 126, length >> 8, length & 0xff])
        : Buffer.from([first, maskBit | 127, 0, 0, 0, 0, ...bigEndian(length)])
  if (!masked) return Buffer.concat([head, payload])
  const hidden = Buffer.from(payload)
  for (let index = 0; index < hidden.length; index++) {
    hidden[index] = (hidden[index] ?? 0) ^ (MASK[index % 4] ?? 0)
  }
  return Buffer.concat([head, MASK, hidden])
}

function bigEndian(value: number): readonly number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
