import { type Clock, deadline } from '../lib/clock.ts'
import type { HandlerContext, HandlerResult, OfferedTool, ToolInput } from '../ports/tools.ts'

/** How a run ended, as far as one waits for it. */
export type HandlerEnd = {
  readonly result: HandlerResult
  /** What the handler says after nobody waited any more: a better word, if it ever comes. */
  readonly late?: Promise<HandlerResult>
}

/**
 * Runs a handler under the signal of its session and a deadline, and always answers: what is thrown, and what takes too
 * long, is `unknown` for an effect and `failed` for anything else.
 * INVARIANT: the only place that calls a handler.
 */
export async function runHandler(
  tool: OfferedTool,
  input: ToolInput,
  run: Omit<HandlerContext, 'signal'> & {
    readonly clock: Clock
    readonly timeoutMs: number
    readonly signal: AbortSignal
  },
): Promise<HandlerEnd> {
  const { clock, timeoutMs, signal: outer, ...names } = run
  if (outer.aborted) return { result: { kind: 'failed', code: 'cancelled' } }
  using limit = deadline({ clock, delayMs: timeoutMs, signal: outer, reason: 'timeout' })
  const { signal } = limit
  const ambiguous = tool.isEffect ? 'unknown' : 'failed'
  const running = Promise.try(() => tool.handler(input, { ...names, signal })).catch((): HandlerResult => ({
    kind: ambiguous,
    code: 'threw',
  }))
  const stopped = stoppedBy(signal).then((): HandlerEnd => {
    const code = outer.aborted ? 'cancelled' : 'timeout'
    return { result: { kind: ambiguous, code }, late: running }
  })
  return await Promise.race([running.then((result): HandlerEnd => ({ result })), stopped])
}

async function stoppedBy(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  await promise
}
