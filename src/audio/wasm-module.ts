import { readFileSync } from 'node:fs'

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

/** A function of a compiled module. */
export type WasmFunction = (...args: readonly number[]) => number

/** A module in memory of its own. */
export type WasmInstance<Name extends string> = {
  readonly memory: ArrayBuffer
  readonly functions: Readonly<Record<Name, WasmFunction>>
}

/**
 * Reads a compiled module from this folder, once for a process.
 * @returns what makes instances of it, or undefined where WebAssembly lacks SIMD
 */
export function readWasm<Name extends string>(
  file: string,
  names: readonly Name[],
): ((pages: number) => WasmInstance<Name>) | undefined {
  const bytes = readFileSync(new URL(file, import.meta.url))
  if (!WebAssembly.validate(bytes)) return undefined
  const compiled = new WebAssembly.Module(bytes)
  return (pages) => {
    // All memory there will ever be is asked for at once, because growing would detach every view of it. That is address
    // space: the machine hands out pages as they are touched.
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
    const functions = names.map((name) => [name, functionOf(exports[name], `${name} of ${file}`)] as const)
    return {
      memory: memory.buffer,
      functions: Object.fromEntries(functions) as Record<Name, WasmFunction>,
    }
  }
}

function functionOf(value: unknown, what: string): WasmFunction {
  if (isFunction(value)) return value
  throw new TypeError(`Cannot load a kernel: ${what} is no function`)
}

function isFunction(value: unknown): value is WasmFunction {
  return typeof value === 'function'
}
