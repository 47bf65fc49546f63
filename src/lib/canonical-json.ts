/** A value that has no canonical form. */
export class CanonicalJsonError extends Error {
  readonly code = 'CANONICAL_JSON'
}

/** Deeper nesting is refused: nothing that is hashed here comes near, and a cycle ends. */
const MAX_DEPTH = 32

/**
 * The one JSON text of a value: keys in order of their UTF-16 code units, no white space, numbers in their shortest
 * form, strings unchanged. Equal values give equal texts, so that a hash of the text is a hash of the value.
 * @throws CanonicalJsonError for what JSON cannot hold without loss (undefined, functions, NaN, dates, lone surrogates)
 * and for nesting below 32 levels
 * Source: RFC 8785, JSON Canonicalization Scheme
 */
export function canonicalJson(value: unknown): string {
  return textOf(value, 0)
}

function textOf(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new CanonicalJsonError('Cannot write canonical JSON: nested too deeply')
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'string') return stringText(value)
  if (Array.isArray(value)) {
    // Array.from reads holes as undefined, which is refused: map() would leave them out.
    return `[${Array.from(value, (item: unknown) => textOf(item, depth + 1)).join(',')}]`
  }
  if (isPlainObject(value)) {
    const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
    return `{${entries.map(([key, item]) => `${stringText(key)}:${textOf(item, depth + 1)}`).join(',')}}`
  }
  throw new CanonicalJsonError(`Cannot write canonical JSON: a ${typeof value} has no form in it`)
}

function numberText(value: number): string {
  if (!Number.isFinite(value))
    throw new CanonicalJsonError(`Cannot write canonical JSON: ${value} is no number`)
  return JSON.stringify(value)
}

function stringText(value: string): string {
  if (!value.isWellFormed()) throw new CanonicalJsonError('Cannot write canonical JSON: a lone surrogate')
  return JSON.stringify(value)
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
