import type { Log } from '../ports/log.ts'
import type { ToolOutcome, ToolProposal } from '../ports/tools.ts'
import type { CallPorts } from './plan.ts'

/** Runs a proposed tool call and always answers: a handler that throws has failed, and the call goes on. */
export async function runTool(
  proposal: ToolProposal,
  options: { readonly ports: CallPorts; readonly log: Log; readonly signal: AbortSignal },
): Promise<ToolOutcome> {
  const { ports, log, signal } = options
  log.event('info', 'toolRequested', { tool: proposal.name })
  const outcome = await ports.tools.run(proposal, signal).catch((error: unknown): ToolOutcome => {
    log.event('error', 'toolThrew', {
      tool: proposal.name,
      code: error instanceof Error ? error.name : 'unknown',
    })
    return { status: 'failed', output: JSON.stringify({ status: 'failed' }) }
  })
  ports.metrics.count('tool_calls_total', { status: outcome.status })
  log.event('info', 'toolFinished', { tool: proposal.name, status: outcome.status })
  return outcome
}
