import { PCM_BYTES_PER_ULAW_BYTE, ULAW_SILENCE } from './frame.ts'
import { UP_CENTRE, UP_PHASES, decimate, downTaps, interpolate } from './integer-fir.ts'
import { DOWN_HISTORY_BYTES, PCM_IN_BYTES, ULAW_IN_BYTES, UP_STATE_BYTES } from './layout.ts'
import { MULAW_VALUES, mulawCode } from './mulaw.ts'
import type { AudioBuffers, Downlink, DownlinkFilter, StreamMaker, Uplink } from './stream.ts'
import { checkPush, disposedError } from './stream.ts'

/**
 * The same streams in plain integers: what the kernel is compared with, bit for bit, and what runs where it cannot. All
 * products and sums are exact in 32 bits; the only roundings are the shifts written here.
 */
export function integerStreams(buffers: AudioBuffers, filter: DownlinkFilter): StreamMaker {
  // Scratch, shared: history and the largest push. A state is the last bytes of its stream, as in the kernel.
  const scratch = {
    codes: new Uint8Array(UP_STATE_BYTES + ULAW_IN_BYTES),
    bytes: new Uint8Array(DOWN_HISTORY_BYTES + PCM_IN_BYTES),
    samples: new Int16Array((DOWN_HISTORY_BYTES + PCM_IN_BYTES) / 2),
  }
  const taps = downTaps(filter)
  return {
    openUplink: () => new IntegerUplink(buffers, scratch),
    openDownlink: () => new IntegerDownlink(buffers, scratch, taps),
  }
}

type Scratch = { readonly codes: Uint8Array; readonly bytes: Uint8Array; readonly samples: Int16Array }

class IntegerUplink implements Uplink {
  readonly #buffers: AudioBuffers
  readonly #scratch: Scratch
  readonly #history = new Uint8Array(UP_STATE_BYTES).fill(ULAW_SILENCE)
  #open = true

  constructor(buffers: AudioBuffers, scratch: Scratch) {
    this.#buffers = buffers
    this.#scratch = scratch
  }

  push(ulawBytes: number): number {
    if (!this.#open) throw disposedError()
    checkPush(ulawBytes, this.#buffers.ulawIn)
    const { codes, samples } = this.#scratch
    const { ulawIn } = this.#buffers
    codes.set(this.#history)
    for (let at = 0; at < ulawBytes; at++) codes[UP_STATE_BYTES + at] = ulawIn[at]!
    keepEnd(codes, ulawBytes, this.#history)
    // 14 bits, as G.711 defines it: the sums then have room, and the sample itself comes back unchanged.
    for (let at = 0; at < UP_STATE_BYTES + ulawBytes; at++) samples[at] = MULAW_VALUES[codes[at]!]! >> 2
    this.#fill(ulawBytes)
    return ulawBytes * PCM_BYTES_PER_ULAW_BYTE
  }

  /** Three samples for each new one. */
  #fill(ulawBytes: number): void {
    const { samples } = this.#scratch
    const { pcmOut } = this.#buffers
    const [first, second] = UP_PHASES
    for (let done = 0, to = 0; done < ulawBytes; done++, to += PCM_BYTES_PER_ULAW_BYTE) {
      const newest = UP_STATE_BYTES + done
      const oldest = newest + 1 - first.length
      storeSample(pcmOut, to, interpolate(samples, oldest, first))
      storeSample(pcmOut, to + 2, interpolate(samples, oldest, second))
      storeSample(pcmOut, to + 4, samples[newest - UP_CENTRE]! << 2)
    }
  }

  reset(): void {
    this.#history.fill(ULAW_SILENCE)
  }

  [Symbol.dispose](): void {
    this.reset()
    this.#open = false
  }
}

class IntegerDownlink implements Downlink {
  readonly #buffers: AudioBuffers
  readonly #scratch: Scratch
  readonly #taps: Int16Array
  readonly #history = new Uint8Array(DOWN_HISTORY_BYTES)
  #waitingBytes = 0
  #open = true

  constructor(buffers: AudioBuffers, scratch: Scratch, taps: Int16Array) {
    this.#buffers = buffers
    this.#scratch = scratch
    this.#taps = taps
  }

  push(pcmBytes: number): number {
    if (!this.#open) throw disposedError()
    checkPush(pcmBytes, this.#buffers.pcmIn)
    const { bytes, samples } = this.#scratch
    const { pcmIn, ulawOut } = this.#buffers
    bytes.set(this.#history)
    for (let at = 0; at < pcmBytes; at++) bytes[DOWN_HISTORY_BYTES + at] = pcmIn[at]!
    keepEnd(bytes, pcmBytes, this.#history)
    const available = this.#waitingBytes + pcmBytes
    const triples = Math.floor(available / 6)
    const oldest = DOWN_HISTORY_BYTES - this.#waitingBytes - 2 * (this.#taps.length - 3)
    const needed = this.#taps.length - 3 + 3 * triples
    for (let at = 0; at < needed; at++) {
      samples[at] = bytes[oldest + 2 * at]! | (bytes[oldest + 2 * at + 1]! << 8)
    }
    for (let at = 0; at < triples; at++) ulawOut[at] = mulawCode(decimate(samples, 3 * at, this.#taps))
    this.#waitingBytes = available - 6 * triples
    return triples
  }

  reset(): void {
    this.#history.fill(0)
    this.#waitingBytes = 0
  }

  [Symbol.dispose](): void {
    this.reset()
    this.#open = false
  }
}

/** Keeps the end of history and new bytes, which stand one behind the other, as the next history. */
function keepEnd(bytes: Uint8Array, added: number, history: Uint8Array): void {
  for (let at = 0; at < history.length; at++) history[at] = bytes[added + at]!
}

/** Clips to 16 bits and stores, low byte first. */
function storeSample(target: Buffer, at: number, sample: number): void {
  const clipped = Math.max(-0x8000, Math.min(0x7fff, sample))
  target[at] = clipped
  target[at + 1] = clipped >> 8
}
