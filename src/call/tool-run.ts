import { deadline } from '../lib/clock.ts'
import type { Log } from '../ports/log.ts'
import type { ToolOutcome, ToolProposal } from '../ports/tools.ts'
import { faultCode } from './fault-code.ts'
import type { CallPorts } from './plan.ts'

/**
 * Runs a proposed tool call and always answers: a handler that throws or takes too long has failed, and the call goes
 * on.
 */
export async function runTool(
  proposal: ToolProposal,
  options: { readonly ports: CallPorts; readonly log: Log; readonly signal: AbortSignal },
): Promise<ToolOutcome> {
  const { ports, log, signal } = options
  // A name that no tool has is text of the model, and may be anything that was said.
  const isKnown = ports.tools.definitions().some(({ name }) => name === proposal.name)
  const tool = isKnown ? proposal.name : 'unknown'
  log.event('info', 'toolRequested', { tool })
  using limit = deadline({ clock: ports.clock, delayMs: ports.toolTimeoutMs, signal, reason: 'timeout' })
  const running = Promise.try(() => ports.tools.run(proposal, limit.signal)).catch(
    (error: unknown): ToolOutcome => {
      log.event('error', 'toolThrew', {
        tool,
        code: faultCode(error),
      })
      return failed('internal')
    },
  )
  const outcome = await Promise.race([running, stopped(limit.signal)])
  ports.metrics.count('tool_calls_total', { status: outcome.status })
  log.event('info', 'toolFinished', { tool, status: outcome.status })
  return outcome
}

/** Answers when the signal fires, whether or not the handler heeds it. */
async function stopped(signal: AbortSignal): Promise<ToolOutcome> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  await promise
  return failed('timeout')
}

function failed(reason: 'internal' | 'timeout'): ToolOutcome {
  return { status: 'failed', output: JSON.stringify({ status: 'failed', reason }) }
}
