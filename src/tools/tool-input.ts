import type { z } from 'zod'
import type { HandlerContext, HandlerResult, ToolHandler } from '../ports/tools.ts'

/** A handler of arguments as their schema has them. The schema checks them at run time, once more. */
export function handlerFor<Input>(
  schema: z.ZodType<Input>,
  run: (input: Input, context: HandlerContext) => Promise<HandlerResult>,
): ToolHandler {
  return async (input, context) => await run(schema.parse(input), context)
}

/**
 * What an effect is named by.
 * @throws TypeError outside of an effect: nothing was begun then
 */
export function intentOf({ intentId }: HandlerContext): string {
  if (intentId === undefined) throw new TypeError('Cannot begin an effect: it has no intent')
  return intentId
}
