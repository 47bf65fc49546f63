/**
 * Reads a field of unknown JSON without trusting its shape.
 * @param path names of nested fields
 * @returns the value, or undefined where the path leaves the objects
 */
export function jsonField(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}

/** The string at the path, or undefined. */
export function jsonText(value: unknown, ...path: readonly string[]): string | undefined {
  const found = jsonField(value, ...path)
  return typeof found === 'string' ? found : undefined
}

/** The finite number at the path that is not below zero, or undefined. */
export function jsonCount(value: unknown, ...path: readonly string[]): number | undefined {
  const found = jsonField(value, ...path)
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found : undefined
}
