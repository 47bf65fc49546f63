import type { Kernel } from './kernel.ts'
import {
  DOWN_STATES,
  DOWN_STATE_BYTES,
  PCM_IN,
  PCM_IN_BYTES,
  PCM_OUT,
  PCM_OUT_BYTES,
  SLOTS,
  ULAW_IN,
  ULAW_IN_BYTES,
  ULAW_OUT,
  ULAW_OUT_BYTES,
  UP_STATES,
  UP_STATE_BYTES,
} from './layout.ts'
import { PCM_BYTES_PER_ULAW_BYTE, ULAW_SILENCE } from './frame.ts'
import { rawBuffer } from './raw-buffer.ts'
import type { AudioBuffers, Downlink, DownlinkFilter, StreamMaker, Uplink } from './stream.ts'
import { checkPush, disposedError } from './stream.ts'

/** The four places of a kernel, as views of its memory. */
export function kernelBuffers(kernel: Kernel): AudioBuffers {
  return {
    ulawIn: rawBuffer(Buffer.from(kernel.memory, ULAW_IN, ULAW_IN_BYTES)),
    pcmOut: rawBuffer(Buffer.from(kernel.memory, PCM_OUT, PCM_OUT_BYTES)),
    pcmIn: rawBuffer(Buffer.from(kernel.memory, PCM_IN, PCM_IN_BYTES)),
    ulawOut: rawBuffer(Buffer.from(kernel.memory, ULAW_OUT, ULAW_OUT_BYTES)),
  }
}

/**
 * Streams whose state lies in slots of the kernel's memory, 400 bytes for a call.
 * @param overflow makes the streams for which no slot is free
 */
export function kernelStreams(options: {
  readonly kernel: Kernel
  readonly buffers: AudioBuffers
  readonly filter: DownlinkFilter
  readonly overflow: StreamMaker
}): StreamMaker {
  const { kernel, buffers, filter, overflow } = options
  const ups = new Slots(kernel.memory, { address: UP_STATES, bytes: UP_STATE_BYTES, silence: ULAW_SILENCE })
  const downs = new Slots(kernel.memory, { address: DOWN_STATES, bytes: DOWN_STATE_BYTES, silence: 0 })
  const down = filter === 'strict' ? kernel.downStrict : kernel.downThirdBand
  return {
    openUplink: () => (ups.full() ? overflow.openUplink() : new KernelUplink(kernel, ups, buffers.ulawIn)),
    openDownlink: () =>
      downs.full() ? overflow.openDownlink() : new KernelDownlink(down, downs, buffers.pcmIn),
  }
}

class KernelUplink implements Uplink {
  readonly #kernel: Kernel
  readonly #slots: Slots
  readonly #ulawIn: Buffer
  #state: number

  constructor(kernel: Kernel, slots: Slots, ulawIn: Buffer) {
    this.#kernel = kernel
    this.#slots = slots
    this.#ulawIn = ulawIn
    this.#state = slots.take()
  }

  push(ulawBytes: number): number {
    if (this.#state === 0) throw disposedError()
    checkPush(ulawBytes, this.#ulawIn)
    this.#kernel.up(this.#state, ulawBytes)
    return ulawBytes * PCM_BYTES_PER_ULAW_BYTE
  }

  reset(): void {
    if (this.#state !== 0) this.#slots.silence(this.#state)
  }

  [Symbol.dispose](): void {
    if (this.#state !== 0) this.#slots.giveBack(this.#state)
    this.#state = 0
  }
}

class KernelDownlink implements Downlink {
  readonly #down: Kernel['downStrict']
  readonly #slots: Slots
  readonly #pcmIn: Buffer
  #state: number

  constructor(down: Kernel['downStrict'], slots: Slots, pcmIn: Buffer) {
    this.#down = down
    this.#slots = slots
    this.#pcmIn = pcmIn
    this.#state = slots.take()
  }

  push(pcmBytes: number): number {
    if (this.#state === 0) throw disposedError()
    checkPush(pcmBytes, this.#pcmIn)
    return this.#down(this.#state, pcmBytes)
  }

  reset(): void {
    if (this.#state !== 0) this.#slots.silence(this.#state)
  }

  [Symbol.dispose](): void {
    if (this.#state !== 0) this.#slots.giveBack(this.#state)
    this.#state = 0
  }
}

/** Places of one size. An address of 0 is no place: the compiled module's own constants lie there. */
class Slots {
  readonly #memory: Uint8Array
  readonly #bytes: number
  readonly #silence: number
  readonly #free: number[]

  constructor(memory: ArrayBuffer, options: { address: number; bytes: number; silence: number }) {
    this.#memory = new Uint8Array(memory)
    this.#bytes = options.bytes
    this.#silence = options.silence
    this.#free = Array.from({ length: SLOTS }, (_, at) => options.address + (SLOTS - 1 - at) * options.bytes)
  }

  full(): boolean {
    return this.#free.length === 0
  }

  take(): number {
    const state = this.#free.pop()
    if (state === undefined) throw new RangeError(`Cannot take a slot: all ${SLOTS} are taken`)
    this.silence(state)
    return state
  }

  /** A caller's last milliseconds do not stay behind: the place is silenced at both ends of its use. */
  giveBack(state: number): void {
    this.silence(state)
    this.#free.push(state)
  }

  silence(state: number): void {
    this.#memory.fill(this.#silence, state, state + this.#bytes)
  }
}
