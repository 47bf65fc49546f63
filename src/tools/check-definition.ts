import type { ToolDefinition } from '../ports/speech.ts'

/** A tool set that cannot be offered to a model. */
export class ToolRegistryError extends Error {
  readonly code = 'TOOL_REGISTRY'
}

/** Every provider's rule and ours: it also stands in logs, metrics and the audit log. */
const NAME = /^[a-z][a-z0-9_]{0,63}$/
const MAX_DESCRIPTION_LENGTH = 1_024
/** Tools of one request, at most. */
const MAX_TOOLS = 128
/** Instructions and tools are paid for with every response. */
const MAX_SCHEMA_LENGTH = 4_096

/**
 * Looks whether tools can be offered together: names, lengths, and schemas that are strict, bounded and described.
 * @throws ToolRegistryError naming the tool, and the field where it is one
 * Source of name, description and number of tools: OpenAI, "Function calling" and the limits of Chat Completions
 */
export function checkDefinitions(definitions: readonly ToolDefinition[]): void {
  if (definitions.length > MAX_TOOLS) {
    throw new ToolRegistryError(`Cannot offer ${definitions.length} tools: ${MAX_TOOLS} are the most`)
  }
  const names = new Set<string>()
  for (const definition of definitions) {
    const complaint =
      complaintAbout(definition) ?? (names.has(definition.name) ? 'the name is taken' : undefined)
    if (complaint !== undefined) throw refusal(definition.name, complaint)
    names.add(definition.name)
  }
}

/** The error about one tool. */
export function refusal(tool: string, complaint: string): ToolRegistryError {
  return new ToolRegistryError(`Cannot offer tool ${tool}: ${complaint}`)
}

type Schema = Readonly<Record<string, unknown>>

function complaintAbout({ name, description, parameters }: ToolDefinition): string | undefined {
  if (!NAME.test(name)) return `the name must match ${NAME.source}`
  if (description.length > MAX_DESCRIPTION_LENGTH || description.trim() === '')
    return `its description has ${description.length} characters`
  if (parameters['type'] !== 'object') return 'its arguments are no object'
  const { length } = JSON.stringify(parameters)
  if (length > MAX_SCHEMA_LENGTH) return `its schema has ${length} characters`
  return complaintAboutObject(parameters, 'arguments')
}

function complaintAboutObject(schema: Schema, path: string): string | undefined {
  if (schema['additionalProperties'] !== false) return `${path} takes further properties`
  const properties = asSchema(schema['properties'])
  if (!properties) return `${path} has no properties`
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  const missing = required.find((name) => typeof name !== 'string' || !Object.hasOwn(properties, name))
  if (missing !== undefined) return `${path} requires ${JSON.stringify(missing)}, which it does not have`
  return firstOf(Object.entries(properties), ([name, property]) => {
    const field = path === 'arguments' ? name : `${path}.${name}`
    return complaintAboutField(property, field)
  })
}

function complaintAboutField(property: unknown, path: string): string | undefined {
  const schema = asSchema(property)
  if (!schema) return `${path} has no schema`
  const { description } = schema
  if (typeof description !== 'string' || description.trim() === '') return `${path} has no description`
  return complaintAboutValue(schema, path)
}

function complaintAboutValue(schema: Schema, path: string): string | undefined {
  if (Array.isArray(schema['enum']) || 'const' in schema) return undefined
  switch (schema['type']) {
    case 'boolean':
      return undefined
    case 'string':
      return isNumber(schema['maxLength']) ? undefined : `${path} has no maxLength`
    case 'integer':
    case 'number':
      return isNumber(schema['minimum']) && isNumber(schema['maximum']) ? undefined : `${path} has no bounds`
    case 'array': {
      if (!isNumber(schema['maxItems'])) return `${path} has no maxItems`
      const items = asSchema(schema['items'])
      return items ? complaintAboutValue(items, `${path}[]`) : `${path} has no items`
    }
    case 'object':
      return complaintAboutObject(schema, path)
    default:
      return `${path} has no type`
  }
}

function firstOf<Item>(items: readonly Item[], look: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item)
    if (found !== undefined) return found
  }
  return undefined
}

function asSchema(value: unknown): Schema | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}
