import type { ToolCall } from '../gate/read-call.ts'
import { inTime } from '../lib/in-time.ts'
import type { Log } from '../ports/log.ts'
import type { OfferedTool, ToolOutcome } from '../ports/tools.ts'
import type { CallPorts } from './plan.ts'

/** Tools have times of their own, which the gate sees to. Longer than this nothing is waited for, a stuck disk included. */
const LONGEST_MS = 90_000

/** Hands a proposed tool call to the gate and always answers: the call goes on. */
export async function runTool(
  call: ToolCall,
  options: {
    readonly tools: readonly OfferedTool[]
    readonly ports: Pick<CallPorts, 'clock' | 'metrics'>
    readonly log: Log
    readonly propose: (call: ToolCall) => Promise<ToolOutcome>
  },
): Promise<ToolOutcome> {
  const { ports, log, tools, propose } = options
  // A name that no tool has is text of the model, and may be anything that was said.
  const isKnown = tools.some(({ definition }) => definition.name === call.name)
  const tool = isKnown ? call.name : 'unknown'
  log.event('info', 'toolRequested', { tool })
  const answer = await inTime(propose(call), { clock: ports.clock, delayMs: LONGEST_MS })
  const outcome = answer.kind === 'done' ? answer.value : late
  ports.metrics.count('tool_calls_total', { status: outcome.status })
  log.event('info', 'toolFinished', { tool, status: outcome.status })
  return outcome
}

const late: ToolOutcome = {
  status: 'unknown',
  output: JSON.stringify({
    status: 'unknown',
    reason: 'timeout',
    note: 'Nobody knows whether this was done.',
  }),
}
