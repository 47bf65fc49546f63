import { loadBase64Kernel } from './base64-kernel.ts'
import { scalarDecode, scalarEncode } from './base64-scalar.ts'

/** A range of bytes, `to` excluded. */
type Range = { readonly from: number; readonly to: number }

const kernel = loadBase64Kernel()

/** Below this many bytes the way into the kernel and back costs more than it saves. */
const KERNEL_FROM_BYTES = 512

/** How many characters so many bytes take, padding included. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

/**
 * Writes bytes as base64 (RFC 4648 §4) into a buffer, without a string on the way: for a frame of PCM it would be the
 * largest thing that is allocated, fifty times a second in each call.
 * @param target has room for base64Length(source.length) characters from `at` on
 * @returns the index behind the last character
 */
export function encodeBase64(source: Uint8Array, target: Uint8Array, at: number): number {
  const isLong = source.length >= KERNEL_FROM_BYTES
  const whole = kernel && isLong ? source.length - (source.length % 3) : 0
  let end = at
  if (kernel) {
    for (let from = 0; from < whole; from += kernel.maxBytes) {
      end = kernel.encode({ source, from, to: Math.min(whole, from + kernel.maxBytes) }, target, end)
    }
  }
  return scalarEncode({ source, from: whole }, target, end)
}

/**
 * Decodes base64 characters, given as bytes, into target: canonical RFC 4648 §4 only, so the length is a multiple of
 * four, padding stands at the end and the unused bits are zero.
 * @returns the number of bytes written, or -1 for anything else or more than the target holds; the target's
 *   content is then undefined
 */
export function decodeBase64(source: Uint8Array, range: Range, target: Uint8Array): number {
  const { from, to } = range
  const characters = to - from
  if (characters === 0) return 0
  if (characters < 0 || characters % 4 !== 0) return -1
  const bytes = (characters >> 2) * 3 - paddingBefore(source, to)
  if (bytes > target.length) return -1
  // The last group alone may be padded; the others are the same for everybody.
  const whole = kernel && bytes >= KERNEL_FROM_BYTES ? to - 4 : from
  let written = 0
  if (kernel) {
    for (let at = from; at < whole; at += kernel.maxCharacters) {
      const slice = { source, from: at, to: Math.min(whole, at + kernel.maxCharacters) }
      const end = kernel.decode(slice, target, written)
      if (end < 0) return -1
      written = end
    }
  }
  return scalarDecode({ source, from: whole, to }, target, written)
}

function paddingBefore(source: Uint8Array, to: number): number {
  const pad = 0x3d
  return source[to - 1] !== pad ? 0 : source[to - 2] !== pad ? 1 : 2
}
