import { integerStreams } from './integer-streams.ts'
import { kernelBuffers, kernelStreams } from './kernel-streams.ts'
import { loadKernel } from './kernel.ts'
import { PCM_IN_BYTES, PCM_OUT_BYTES, ULAW_IN_BYTES, ULAW_OUT_BYTES } from './layout.ts'
import { rawBuffer } from './raw-buffer.ts'
import type { AudioBuffers, DownlinkFilter, StreamMaker } from './stream.ts'
import { AudioError } from './stream.ts'

/**
 * Everything that happens to samples: four places for audio, and streams that work between them. One engine serves all
 * calls of a process; a push uses nothing but its stream's state and scratch, and allocates nothing.
 */
export type AudioEngine = AudioBuffers & StreamMaker & { readonly kind: 'wasm' | 'integer' }

/**
 * An engine over the kernel, or over the same arithmetic in JavaScript (about a tenth as fast) where WebAssembly lacks
 * SIMD. Streams beyond the kernel's 1,024 slots are of the second sort too: slower, never refused, and the same to the bit.
 * @param options.kind asks for one of the two
 * @param options.downlink filter towards the caller, strict by default
 * @throws AudioError if the kernel is asked for by name and cannot run
 */
export function createAudioEngine(
  options: { readonly kind?: AudioEngine['kind']; readonly downlink?: DownlinkFilter } = {},
): AudioEngine {
  const filter = options.downlink ?? 'strict'
  const kernel = options.kind === 'integer' ? undefined : loadKernel()
  if (kernel) {
    const buffers = kernelBuffers(kernel)
    const overflow = madeOnDemand(() => integerStreams(buffers, filter))
    return { kind: 'wasm', ...buffers, ...kernelStreams({ kernel, buffers, filter, overflow }) }
  }
  if (options.kind === 'wasm') {
    throw new AudioError('simd_missing', 'Cannot create a wasm engine: this runtime has no WebAssembly SIMD')
  }
  const buffers = plainBuffers()
  return { kind: 'integer', ...buffers, ...integerStreams(buffers, filter) }
}

function plainBuffers(): AudioBuffers {
  return {
    ulawIn: rawBuffer(Buffer.alloc(ULAW_IN_BYTES)),
    pcmOut: rawBuffer(Buffer.alloc(PCM_OUT_BYTES)),
    pcmIn: rawBuffer(Buffer.alloc(PCM_IN_BYTES)),
    ulawOut: rawBuffer(Buffer.alloc(ULAW_OUT_BYTES)),
  }
}

/** The integer streams' scratch is two megabytes, which only an overfull pool is worth. */
function madeOnDemand(make: () => StreamMaker): StreamMaker {
  let made: StreamMaker | undefined
  return {
    openUplink: () => (made ??= make()).openUplink(),
    openDownlink: () => (made ??= make()).openDownlink(),
  }
}
