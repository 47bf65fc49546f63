import { createHash } from 'node:crypto'
import { canonicalJson } from '../lib/canonical-json.ts'
import { scanKeys } from '../lib/duplicate-keys.ts'
import { argumentsHash } from '../policy/arguments-hash.ts'
import type { OfferedTool, ToolInput } from '../ports/tools.ts'

/** What the model asks for: a name and a text, both unchecked. */
export type ToolCall = {
  /** The model's own id of the call. */
  readonly callId: string
  /** The model's response that holds it. */
  readonly responseId: string
  readonly name: string
  readonly arguments: string
}

/** A tool call whose arguments are what its schema wants. */
export type CheckedCall = {
  readonly callId: string
  readonly responseId: string
  readonly name: string
  readonly tool: OfferedTool
  readonly input: ToolInput
  /** Canonical JSON of `input`. */
  readonly canonical: string
  /** See argumentsHash(). */
  readonly hash: string
}

/** Why arguments are refused: a code of ours, and a reason that the model can mend them by. */
export type BadArguments = {
  readonly ok: false
  readonly code: 'tooLong' | 'duplicateKeys' | 'tooDeep' | 'notJson' | 'schema'
  readonly reason: string
}

/** JSON text of arguments longer than this is refused unread. */
const MAX_ARGUMENTS_LENGTH = 8_192

/** Reads what a model wrote: refused or taken as it is, never repaired. */
export function readCall(
  call: ToolCall,
  tool: OfferedTool,
): { readonly ok: true; readonly call: CheckedCall } | BadArguments {
  const parsed = parseOnce(call.arguments)
  if (!parsed.ok) return parsed
  const { callId, responseId, name } = call
  try {
    const read = tool.read(parsed.value)
    if (!read.ok) return bad('schema', read.reason)
    const canonical = canonicalJson(read.input)
    const hash = argumentsHash(name, read.input)
    return { ok: true, call: { callId, responseId, name, tool, input: read.input, canonical, hash } }
  } catch {
    // What cannot even be read, or has no canonical form, is no arguments.
    return bad('schema', 'arguments have no canonical form')
  }
}

function parseOnce(text: string): { readonly ok: true; readonly value: unknown } | BadArguments {
  if (text.length > MAX_ARGUMENTS_LENGTH) return bad('tooLong', 'arguments are too long')
  const keys = scanKeys(text)
  if (keys === 'duplicate') return bad('duplicateKeys', 'arguments have a key twice')
  if (keys === 'tooDeep') return bad('tooDeep', 'arguments are nested too deeply')
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return bad('notJson', 'arguments are not JSON')
  }
}

function bad(code: BadArguments['code'], reason: string): BadArguments {
  return { ok: false, code, reason }
}

/** What a call asks for whose arguments are none. */
export function digestOf({ name, arguments: text }: ToolCall): string {
  return createHash('sha256').update(`${name}\0${text}`).digest('hex')
}
