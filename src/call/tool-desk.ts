import type { ToolCall } from '../gate/read-call.ts'
import type { ToldResult } from '../policy/contradictions.ts'
import type { Log } from '../ports/log.ts'
import type { OfferedTool, ToolOutcome } from '../ports/tools.ts'
import type { Effect } from './effect.ts'
import type { Outcomes } from './event.ts'
import type { CallHistory } from './history.ts'
import type { CallPorts } from './plan.ts'
import type { SpeechLine } from './speech-line.ts'
import { toldOutcomeOf, toldResultOf } from './said-check.ts'
import { runTool } from './tool-run.ts'

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

/** What the desk works with. */
export type ToolDeskOptions = {
  readonly tools: readonly OfferedTool[]
  readonly ports: Pick<CallPorts, 'clock' | 'metrics'>
  readonly log: Log
  readonly history: CallHistory
  readonly line: Pick<SpeechLine, 'current'>
  /** Hands a tool call to the gate. */
  readonly propose: (call: ToolCall) => Promise<ToolOutcome>
  /** Told how each tool call ended, as the model is. */
  readonly onTold: (result: ToldResult) => void
  readonly onFinished: (callId: string, outcome: ToolOutcome) => void
}

/** Where tool calls of one call leave for the gate, and their answers for the model, whichever session asked. */
export class ToolDesk {
  readonly #options: ToolDeskOptions
  #brought = 0

  constructor(options: ToolDeskOptions) {
    this.#options = options
  }

  async run({ callId, responseId, name, arguments: args }: Of<'runTool'>): Promise<void> {
    const { history, onFinished } = this.#options
    history.toolAsked({ callId, name, arguments: args })
    const outcome = await runTool({ callId, responseId, name, arguments: args }, this.#options)
    onFinished(callId, outcome)
  }

  /** A session that did not ask for the tool is told of the whole round. */
  answer({ callId, output }: Of<'answerTool'>): void {
    const { history, line, onTold } = this.#options
    const round = history.toolAnswered(callId, output)
    onTold(toldResultOf(output))
    const session = line.current()
    if (session && !session.answerTool(callId, output) && round) session.restore([round])
  }

  /**
   * Tells the model what became of tool calls that had been answered before.
   * INVARIANT: what the system says holds ids and words of ours alone; what others wrote comes as the output of a tool.
   */
  told({ told, brought }: Outcomes): void {
    const { history, line, onTold } = this.#options
    const session = line.current()
    for (const { callId, tool, status } of told) {
      const text = JSON.stringify({ tool, call_id: callId, status })
      history.toolSettled(callId, text)
      const result = toldOutcomeOf(status)
      if (result) onTold(result)
      session?.addText({ role: 'system', text })
    }
    for (const { tool, output } of brought) {
      this.#brought += 1
      onTold(toldResultOf(output))
      const callId = `brought_${this.#brought}`
      history.toolAsked({ callId, name: tool, arguments: '{}' })
      const round = history.toolAnswered(callId, output)
      if (round) session?.restore([round])
    }
  }
}
