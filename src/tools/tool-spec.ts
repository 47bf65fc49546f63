import { z } from 'zod'
import type { ToolDefinition } from '../ports/speech.ts'
import type { OfferedTool, ReadInput, ToolInput, ToolRisk } from '../ports/tools.ts'
import { refusal } from './check-definition.ts'

/** What a tool is, apart from what does it. */
export type ToolSpec = {
  readonly name: string
  readonly description: string
  /** A strict object schema; its JSON Schema is what the model sees. */
  readonly arguments: z.ZodType<ToolInput>
  /** See OfferedTool. */
  readonly objectionTo?: OfferedTool['objectionTo']
  readonly risk: ToolRisk
  /** Whether it changes anything, here or outside: then an intent is written before it begins. */
  readonly isEffect: boolean
  /** How long it may take; the usual time where it is not given. */
  readonly timeoutMs?: number
  /** How often one session may have it done. */
  readonly maxPerSession?: number
}

const MAX_REASON_LENGTH = 500

/**
 * What a model is told of a tool. The schema is the same in Realtime, Responses and Chat Completions; what they wrap it
 * in is the adapter's.
 * @throws ToolRegistryError when its arguments have no JSON Schema
 */
export function definitionOf(tool: {
  readonly name: string
  readonly description: string
  readonly arguments: z.ZodType
}): ToolDefinition {
  const { name, description } = tool
  const { $schema: _schema, ...parameters } = schemaOf(name, tool.arguments)
  return { name, description, parameters }
}

/** Reads arguments by a schema. The reason names the fields, so that a model can mend them, and repeats no value. */
export function readInput<Input>(
  schema: z.ZodType<Input>,
  value: unknown,
): { readonly ok: true; readonly input: Input } | Extract<ReadInput, { ok: false }> {
  const checked = schema.safeParse(value)
  if (checked.success) return { ok: true, input: checked.data }
  const fields = checked.error.issues.map(
    (issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`,
  )
  return { ok: false, reason: fields.join('; ').slice(0, MAX_REASON_LENGTH).toWellFormed() }
}

function schemaOf(name: string, schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  try {
    return z.toJSONSchema(schema, { io: 'input' })
  } catch {
    throw refusal(name, 'its arguments have no JSON Schema')
  }
}
