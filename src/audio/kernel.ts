import { readFileSync } from 'node:fs'
import { DOWN_STRICT, DOWN_THIRD_BAND, UP, phaseOf } from './filters.ts'
import { MEMORY_PAGES, STRICT_TAPS, THIRD_BAND_TAPS, UP_TAPS } from './layout.ts'

/** The compiled kernel over its memory. A state is the address of one; layout.ts says where everything else lies. */
export type Kernel = {
  readonly memory: ArrayBuffer
  readonly up: (state: number, ulawBytes: number) => void
  readonly downStrict: (state: number, pcmBytes: number) => number
  readonly downThirdBand: (state: number, pcmBytes: number) => number
}

/** As much of the global as is used here: its full types come only with those of a browser. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, object>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}

const bytes = readFileSync(new URL('kernel.wasm', import.meta.url))
const compiled = WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined

/**
 * A new instance of the kernel, or undefined where WebAssembly lacks SIMD. One is enough for a process.
 *
 * All memory there will ever be is asked for at once, because growing would detach every view of it. That is address
 * space, 1.6 MiB: the machine hands out pages as they are touched.
 */
export function loadKernel(): Kernel | undefined {
  if (!compiled) return undefined
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES })
  const instance = new WebAssembly.Instance(compiled, { env: { memory } })
  const { up, downStrict, downThirdBand } = instance.exports
  if (!isFunction(up) || !isFunction(downStrict) || !isFunction(downThirdBand)) {
    throw new TypeError('Cannot load kernel.wasm: it does not export up, downStrict and downThirdBand')
  }
  installTaps(memory.buffer)
  return { memory: memory.buffer, up, downStrict, downThirdBand }
}

/** The order of taps that the kernel's inner loop wants: phase by phase, even pairs of a phase, then its odd pairs. */
function installTaps(memory: ArrayBuffer): void {
  const places = [
    // The place of a sample in its triple runs backwards through the phases of an interpolator.
    { address: UP_TAPS, phases: [phaseOf(UP, 1), phaseOf(UP, 0)] },
    { address: THIRD_BAND_TAPS, phases: [phaseOf(DOWN_THIRD_BAND, 0), phaseOf(DOWN_THIRD_BAND, 1)] },
    { address: STRICT_TAPS, phases: [0, 1, 2].map((place) => phaseOf(DOWN_STRICT, place)) },
  ]
  for (const { address, phases } of places) {
    const taps = phases.flatMap((phase) => [
      ...phase.filter((_, at) => at % 4 < 2),
      ...phase.filter((_, at) => at % 4 >= 2),
    ])
    new Int16Array(memory, address, taps.length).set(taps)
  }
}

function isFunction(value: unknown): value is (...args: readonly number[]) => number {
  return typeof value === 'function'
}
