import type { OfferedTool, ToolHandler, ToolInput, ToolRisk } from '../ports/tools.ts'
import { checkDefinitions, refusal } from './check-definition.ts'
import { definitionOf, readInput, type ToolSpec } from './tool-spec.ts'

/**
 * The tools that can be offered: those with a handler. All of them are checked, also those without.
 * @param world.riskOf what the policy knows of a name; undefined where it knows nothing
 * @param world.handlers what does each tool, by its name
 * @throws ToolRegistryError naming the tool, and the field where it is one: the server does not start
 */
export function offeredTools(
  specs: readonly ToolSpec[],
  world: {
    readonly riskOf: (name: string) => ToolRisk | undefined
    readonly handlers: ReadonlyMap<string, ToolHandler>
  },
): readonly OfferedTool[] {
  const { riskOf, handlers } = world
  const all = specs.map((spec) => ({ spec, definition: definitionOf(spec) }))
  checkDefinitions(all.map(({ definition }) => definition))
  for (const { spec } of all) checkRisk(spec, riskOf(spec.name))
  for (const name of handlers.keys()) {
    if (!specs.some((spec) => spec.name === name)) throw refusal(name, 'it has a handler and no definition')
  }
  return all.flatMap(({ spec, definition }) => {
    const handler = handlers.get(spec.name)
    if (!handler) return []
    const { risk, isEffect, timeoutMs, maxPerSession, objectionTo } = spec
    const read = (value: unknown) => readInput<ToolInput>(spec.arguments, value)
    return [{ definition, risk, isEffect, timeoutMs, maxPerSession, read, objectionTo, handler }]
  })
}

function checkRisk({ name, risk, isEffect, timeoutMs }: ToolSpec, known: ToolRisk | undefined): void {
  if (known === undefined) throw refusal(name, 'the policy has no rule for it')
  if (known !== risk) throw refusal(name, `its risk is ${risk}, and ${known} by the policy`)
  // INVARIANT: what is high-risk never runs without an intent.
  if (risk === 'high' && !isEffect) throw refusal(name, 'it is high-risk and no effect')
  if (timeoutMs !== undefined && !(timeoutMs > 0)) throw refusal(name, 'its time is none')
}
