/**
 * A Buffer with the methods beneath write() and toString(), which spare a hot path the look-up of the encoding. Node has
 * had them for ten years, its types do not know them. Offsets and lengths are bytes.
 */
export type RawBuffer = Buffer & {
  /** Decodes leniently, stopping at what is no base64; returns how many bytes were written. */
  base64Write(text: string, offset: number, length: number): number
  base64Slice(start: number, end: number): string
  latin1Write(text: string, offset: number, length: number): number
  latin1Slice(start: number, end: number): string
}

const methods = ['base64Write', 'base64Slice', 'latin1Write', 'latin1Slice']
const present = methods.every((method) => typeof Reflect.get(Buffer.prototype, method) === 'function')

/** The same buffer, typed. @throws TypeError on a runtime whose buffers lack the methods */
export function rawBuffer(buffer: Buffer): RawBuffer {
  if (!present) throw new TypeError(`Cannot use buffers: this runtime lacks one of ${methods.join(', ')}`)
  return buffer as RawBuffer
}
