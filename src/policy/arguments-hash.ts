import { createHash } from 'node:crypto'
import { canonicalJson } from '../lib/canonical-json.ts'

/**
 * What a confirmation is bound to: a tool and its exact arguments, after their schema has normalised them.
 * @returns SHA-256 of tool, NUL and canonical JSON, as 64 lower-case hexadecimal digits
 * @throws CanonicalJsonError for arguments without a canonical form
 * @throws RangeError for a tool name that is none: with a NUL in it two different proposals could share a hash
 */
export function argumentsHash(tool: string, input: unknown): string {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(tool))
    throw new RangeError(`Cannot hash arguments: ${tool} names no tool`)
  return createHash('sha256')
    .update(`${tool}\0${canonicalJson(input)}`)
    .digest('hex')
}
