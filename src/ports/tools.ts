import type { ToolDefinition } from './speech.ts'

/** What the model asked for: unchecked until a tool's own schema has seen the arguments. */
export type ToolProposal = {
  readonly callSid: string
  readonly callId: string
  readonly name: string
  readonly arguments: string
}

/** How a proposal ended. `output` is JSON text for the model. `next` asks the call to end after a goodbye. */
export type ToolOutcome = {
  readonly status: 'done' | 'refused' | 'invalidArguments' | 'unknownTool' | 'failed'
  readonly output: string
  readonly next?: 'endCall'
}

/** The tools of a call. */
export interface ToolBox {
  definitions(): readonly ToolDefinition[]
  run(proposal: ToolProposal, signal: AbortSignal): Promise<ToolOutcome>
}
