import { randomFillSync } from 'node:crypto'

/** FIN and the opcode of text. */
const WHOLE_TEXT = 0x81
const MASKED = 0x80
const KEY_BYTES = 4
const SHORT_MAX_BYTES = 125
/** The longest message of a frame whose length takes two bytes: those made here, and those taken by a shortcut. */
export const maxFrameMessageBytes = 0xffff

/** Keys are drawn in advance: a draw of its own for each frame would cost more than the frame. */
const keys = Buffer.alloc(8_192)
let nextKey = keys.length

/**
 * Memory of frames that have left, each in the place that its length has: a frame of audio nearly always, and few others.
 * A map from which one is taken fifty times a second in each call would be built anew every few frames.
 */
const spare: (Buffer | undefined)[] = Array.from({ length: 61 })
/** The frame that was masked last, which serves again and again, and its bytes in fours. */
let inFours: { readonly frame: Buffer; readonly fours: Int32Array } | undefined
/** Longer ones are too seldom to be kept: a second of audio to the model has eight times as much. */
const MAX_SPARE_BYTES = 8_192

/**
 * Makes a websocket frame of one whole text message, as a server sends it, with everything but the message.
 * @param messageBytes up to maxFrameMessageBytes
 * @returns the frame; the message belongs into its last messageBytes, as UTF-8
 * Source: RFC 6455 §5.2
 */
export function openTextFrame(messageBytes: number): Buffer {
  return openFrame(messageBytes, 0)
}

/**
 * The same as a client sends it, with a key that nobody can foresee. When the message has been written, closeMaskedFrame
 * masks it.
 * Source: RFC 6455 §5.3
 */
export function openMaskedFrame(messageBytes: number): Buffer {
  const frame = openFrame(messageBytes, KEY_BYTES)
  if (nextKey === keys.length) {
    randomFillSync(keys)
    nextKey = 0
  }
  const keyAt = frame.length - messageBytes - KEY_BYTES
  for (let at = 0; at < KEY_BYTES; at++) frame[keyAt + at] = keys[nextKey++] ?? 0
  return frame
}

/** Masks the message of an open frame. */
export function closeMaskedFrame(frame: Buffer, messageBytes: number): void {
  const from = frame.length - messageBytes
  if (frame.byteOffset % KEY_BYTES !== 0 || from % KEY_BYTES !== 0)
    return maskBytes(frame, from, frame.length)
  const fours = foursOf(frame)
  const keyAt = from / KEY_BYTES - 1
  const key = fours[keyAt] ?? 0
  for (let at = keyAt + 1; at < fours.length; at++) fours[at] = (fours[at] ?? 0) ^ key
  for (let at = fours.length * KEY_BYTES; at < frame.length; at++) {
    frame[at] = (frame[at] ?? 0) ^ (frame[from - KEY_BYTES + (at % KEY_BYTES)] ?? 0)
  }
}

function foursOf(frame: Buffer): Int32Array {
  if (inFours?.frame !== frame) {
    const fours = new Int32Array(frame.buffer, frame.byteOffset, Math.floor(frame.length / KEY_BYTES))
    inFours = { frame, fours }
  }
  return inFours.fours
}

/** A message as a whole frame of a client; undefined where it is longer than one of this kind may be. */
export function maskedFrameOf(message: string | Uint8Array): Buffer | undefined {
  const messageBytes = typeof message === 'string' ? Buffer.byteLength(message) : message.length
  if (messageBytes > maxFrameMessageBytes) return undefined
  const frame = openMaskedFrame(messageBytes)
  const from = frame.length - messageBytes
  if (typeof message === 'string') frame.write(message, from)
  else frame.set(message, from)
  closeMaskedFrame(frame, messageBytes)
  return frame
}

/** Says that nobody reads a frame any more: its memory serves for the next one of its length. */
export function releaseFrame(frame: Buffer): void {
  if (frame.length <= MAX_SPARE_BYTES) spare[frame.length % spare.length] = frame
}

/** Masks or unmasks bytes in place, by the key in the four bytes before them. */
export function maskBytes(bytes: Buffer, from: number, end: number): void {
  const keyAt = from - KEY_BYTES
  const key0 = bytes[keyAt] ?? 0
  const key1 = bytes[keyAt + 1] ?? 0
  const key2 = bytes[keyAt + 2] ?? 0
  const key3 = bytes[keyAt + 3] ?? 0
  let at = from
  for (; at + 3 < end; at += 4) {
    bytes[at] = (bytes[at] ?? 0) ^ key0
    bytes[at + 1] = (bytes[at + 1] ?? 0) ^ key1
    bytes[at + 2] = (bytes[at + 2] ?? 0) ^ key2
    bytes[at + 3] = (bytes[at + 3] ?? 0) ^ key3
  }
  if (at < end) bytes[at] = (bytes[at] ?? 0) ^ key0
  if (at + 1 < end) bytes[at + 1] = (bytes[at + 1] ?? 0) ^ key1
  if (at + 2 < end) bytes[at + 2] = (bytes[at + 2] ?? 0) ^ key2
}

function openFrame(messageBytes: number, keyBytes: number): Buffer {
  if (messageBytes > maxFrameMessageBytes) {
    throw new RangeError(
      `Cannot frame ${messageBytes} bytes: a frame of this kind holds ${maxFrameMessageBytes}`,
    )
  }
  const isShort = messageBytes <= SHORT_MAX_BYTES
  const frame = frameMemory((isShort ? 2 : 4) + keyBytes + messageBytes)
  const maskBit = keyBytes === 0 ? 0 : MASKED
  frame[0] = WHOLE_TEXT
  frame[1] = maskBit | (isShort ? messageBytes : 126)
  if (!isShort) {
    frame[2] = messageBytes >> 8
    frame[3] = messageBytes & 0xff
  }
  return frame
}

/** INVARIANT: memory is either spare or somebody's; whoever forgets to release a frame costs only its memory. */
function frameMemory(bytes: number): Buffer {
  const place = bytes % spare.length
  const frame = spare[place]
  if (frame?.length !== bytes) return Buffer.allocUnsafe(bytes)
  spare[place] = undefined
  return frame
}
