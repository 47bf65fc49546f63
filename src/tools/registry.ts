import type { z } from 'zod'
import type { ToolBox, ToolOutcome, ToolProposal } from '../ports/tools.ts'
import { checkDefinitions } from './check-definition.ts'
import { definitionOf, readInput } from './tool-spec.ts'

/** One tool: what the model is told of it, what it accepts, and what it does. */
export type Tool<Arguments = unknown> = {
  readonly name: string
  readonly description: string
  /** A strict object schema; its JSON Schema is what the model sees. */
  readonly arguments: z.ZodType<Arguments>
  run(
    input: Arguments,
    context: { readonly callSid: string; readonly signal: AbortSignal },
  ): Promise<ToolOutcome>
}

/** JSON text of arguments longer than this is refused unread. */
const MAX_ARGUMENTS_LENGTH = 8_192

/** Hides the argument type of a tool, so that different tools fit into one list; the schema checks it at run time. */
export function defineTool<Arguments>(tool: Tool<Arguments>): Tool {
  return {
    ...tool,
    run: async (input, context) => tool.run(tool.arguments.parse(input), context),
  }
}

/**
 * Builds the tools of a call from their definitions.
 * @throws ToolRegistryError naming the tool, when names repeat or a definition is not acceptable to the model's API
 */
export function createToolBox(tools: readonly Tool[]): ToolBox {
  const definitions = tools.map(definitionOf)
  checkDefinitions(definitions)
  const byName = new Map(tools.map((tool) => [tool.name, tool]))
  return {
    definitions: () => definitions,
    run: async (proposal, signal) => {
      const tool = byName.get(proposal.name)
      if (!tool) return answer('unknownTool', 'no such tool')
      const input = parseArguments(proposal, tool)
      if (!input.ok) return answer('invalidArguments', input.reason)
      return tool.run(input.value, { callSid: proposal.callSid, signal })
    },
  }
}

/** Reads what a model wrote. It is refused, never repaired: the reason names the field, so that the model can mend it. */
function parseArguments(
  proposal: ToolProposal,
  tool: Tool,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string } {
  if (proposal.arguments.length > MAX_ARGUMENTS_LENGTH) return { ok: false, reason: 'arguments are too long' }
  let value: unknown
  try {
    value = JSON.parse(proposal.arguments)
  } catch {
    return { ok: false, reason: 'arguments are not JSON' }
  }
  const checked = readInput(tool.arguments, value)
  return checked.ok ? { ok: true, value: checked.input } : checked
}

function answer(status: 'unknownTool' | 'invalidArguments', reason: string): ToolOutcome {
  const code = status === 'unknownTool' ? 'refused' : 'invalid_arguments'
  return { status, output: JSON.stringify({ status: code, reason }) }
}
