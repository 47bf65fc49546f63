import { DOWN_STRICT, DOWN_THIRD_BAND, UP, phaseOf } from './filters.ts'
import { MEMORY_PAGES, STRICT_TAPS, THIRD_BAND_TAPS, UP_TAPS } from './layout.ts'
import { readWasm } from './wasm-module.ts'

/** The compiled kernel over its memory. A state is the address of one; layout.ts says where everything else lies. */
export type Kernel = {
  readonly memory: ArrayBuffer
  readonly up: (state: number, ulawBytes: number) => void
  readonly downStrict: (state: number, pcmBytes: number) => number
  readonly downThirdBand: (state: number, pcmBytes: number) => number
}

const instantiate = readWasm('kernel.wasm', ['up', 'downStrict', 'downThirdBand'])

/**
 * A new instance of the kernel, or undefined where WebAssembly lacks SIMD. One is enough for a process: it takes 1.6 MiB
 * of address space.
 */
export function loadKernel(): Kernel | undefined {
  if (!instantiate) return undefined
  const { memory, functions } = instantiate(MEMORY_PAGES)
  installTaps(memory)
  return { memory, ...functions }
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
