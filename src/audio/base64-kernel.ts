import { readWasm } from './wasm-module.ts'

/** Bytes in whole groups of three, or characters in whole groups of four. */
type Slice = { readonly source: Uint8Array; readonly from: number; readonly to: number }

/** The compiled base64 kernel, which works on copies in memory of its own. */
export type Base64Kernel = {
  /** The most bytes in one call of `encode`; whole groups. */
  readonly maxBytes: number
  /** The most characters in one call of `decode`; whole groups. */
  readonly maxCharacters: number
  /** Encodes whole groups into target at `at`. Returns the index behind the last character. */
  encode(slice: Slice, target: Uint8Array, at: number): number
  /** Decodes whole groups into target at `at`. Returns the index behind the last byte, or -1 when a character is none. */
  decode(slice: Slice, target: Uint8Array, at: number): number
}

/** The memory: constants of the module, what goes in, what comes out; each with room for a vector behind its end. */
const PAGES = 2
const IN = 1_024
const IN_BYTES = 49_152
const OUT = IN + IN_BYTES + 64

/** The global is a getter, and is asked for with every frame. */
const Buffers = Buffer

const instantiate = readWasm('base64.wasm', ['encode', 'decode'])

/** A new instance of the kernel, or undefined where WebAssembly lacks SIMD. One is enough for a process. */
export function loadBase64Kernel(): Base64Kernel | undefined {
  if (!instantiate) return undefined
  const { memory, functions } = instantiate(PAGES)
  const { encode, decode } = functions
  const input = Buffer.from(memory, IN, IN_BYTES)
  const output = Buffer.from(memory, OUT)
  return {
    maxBytes: IN_BYTES,
    maxCharacters: IN_BYTES,
    encode(slice, target, at) {
      bufferOf(slice.source).copy(input, 0, slice.from, slice.to)
      const characters = encode(IN, slice.to - slice.from, OUT)
      output.copy(target, at, 0, characters)
      return at + characters
    },
    decode(slice, target, at) {
      bufferOf(slice.source).copy(input, 0, slice.from, slice.to)
      const decoded = decode(IN, slice.to - slice.from, OUT)
      if (decoded < 0) return -1
      output.copy(target, at, 0, decoded)
      return at + decoded
    },
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffers.isBuffer(bytes) ? bytes : Buffers.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
