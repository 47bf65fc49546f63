import type { Log } from '../ports/log.ts'
import type { ToolOutcome } from '../ports/tools.ts'
import type { Effect } from './effect.ts'
import type { CallHistory } from './history.ts'
import type { CallPorts } from './plan.ts'
import type { SpeechLine } from './speech-line.ts'
import { runTool } from './tool-run.ts'

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

/** What the desk works with. */
export type ToolDeskOptions = {
  readonly callSid: string
  readonly ports: CallPorts
  readonly log: Log
  readonly history: CallHistory
  readonly line: SpeechLine
  /** Fires when the call is over. */
  readonly signal: AbortSignal
  readonly onFinished: (callId: string, outcome: ToolOutcome) => void
}

/** Where the tools of one call are run and their answers handed to the model, whichever session asked. */
export class ToolDesk {
  readonly #options: ToolDeskOptions

  constructor(options: ToolDeskOptions) {
    this.#options = options
  }

  async run({ callId, name, arguments: args }: Of<'runTool'>): Promise<void> {
    const { callSid, ports, log, history, signal, onFinished } = this.#options
    history.toolAsked({ callId, name, arguments: args })
    const outcome = await runTool({ callSid, callId, name, arguments: args }, { ports, log, signal })
    onFinished(callId, outcome)
  }

  /** A session that did not ask for the tool is told of the whole round. */
  answer({ callId, output }: Of<'answerTool'>): void {
    const { history, line } = this.#options
    const round = history.toolAnswered(callId, output)
    const session = line.current()
    if (session && !session.answerTool(callId, output) && round) session.restore([round])
  }
}
