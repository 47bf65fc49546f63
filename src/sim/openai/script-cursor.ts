import { isMomentary } from './model-fault.ts'
import type { ModelFault, MomentaryFault } from './model-fault.ts'
import type { ModelReply, ModelScript } from './model-script.ts'

const STOCK_REPLY: ModelReply = { say: 'Is there anything else I can do for you?' }
const STOCK_SIDE_REPLY: ModelReply = { say: 'Nothing to add.' }

type HandshakeFault = 'refuseHandshake' | 'silentHandshake' | 'slowHandshake'

/**
 * How far one caller has come in a script. It is shared by all sessions of that caller, so that a reply is not said
 * twice when a connection is lost and opened again.
 */
export class ScriptCursor {
  readonly script: ModelScript
  #heard = 0
  #replies = 0
  #exactReplies = 0
  #sideReplies = 0
  #sessions = 0

  constructor(script: ModelScript) {
    this.script = script
  }

  /** Counts another session of this caller and returns its number, 1 for the first. */
  nextSession(): number {
    this.#sessions += 1
    return this.#sessions
  }

  /** The transcript of the next caller turn; empty when the script has no more. */
  nextHeard(): string {
    const heard = this.script.hears[this.#heard] ?? ''
    this.#heard += 1
    return heard
  }

  /** The next reply in the conversation, or undefined when a fault swallows it. */
  nextReply(): ModelReply | undefined {
    this.#replies += 1
    const number = this.#replies
    const swallowed = this.#faults('noReply').some(
      (fault) => number >= fault.from && number < fault.from + (fault.count ?? Infinity),
    )
    return swallowed ? undefined : (this.script.replies[number - 1] ?? STOCK_REPLY)
  }

  /** The next reply to an order to say exactly a text: the text, unless the script deviates. */
  nextExactReply(text: string): ModelReply {
    this.#exactReplies += 1
    return this.script.exactReplies?.[this.#exactReplies - 1] ?? { say: text }
  }

  /** The next reply outside the conversation. */
  nextSideReply(): ModelReply {
    this.#sideReplies += 1
    return this.script.sideReplies?.[this.#sideReplies - 1] ?? STOCK_SIDE_REPLY
  }

  /** How many replies in the conversation were asked for so far: the number of the latest. */
  get replyNumber(): number {
    return this.#replies
  }

  /** The faults of one kind that the handshake of the given session of this caller meets. */
  handshakeFaults<Kind extends HandshakeFault>(
    kind: Kind,
    session: number,
  ): readonly Extract<ModelFault, { kind: Kind }>[] {
    return this.#faults(kind).filter((fault) => isMeant(fault, session))
  }

  /** The faults that strike at some moment of the given session of this caller. */
  momentaryFaults(session: number): readonly MomentaryFault[] {
    return (this.script.faults ?? []).filter(isMomentary).filter((fault) => isMeant(fault, session))
  }

  #faults<Kind extends ModelFault['kind']>(kind: Kind): readonly Extract<ModelFault, { kind: Kind }>[] {
    return (this.script.faults ?? []).filter(
      (fault): fault is Extract<ModelFault, { kind: Kind }> => fault.kind === kind,
    )
  }
}

function isMeant(fault: ModelFault, session: number): boolean {
  return !('session' in fault) || fault.session === undefined || fault.session === session
}

/**
 * The text of an order to say exactly one thing, or undefined when the instructions are of another sort.
 * @param instructions of one response, as `Say exactly this and nothing else: "…"`
 */
export function exactText(instructions: string | undefined): string | undefined {
  return /^Say exactly this and nothing else: "([\s\S]*)"/.exec(instructions ?? '')?.[1]
}
