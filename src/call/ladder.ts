import type { CallAnswer, NetworkReport } from '../ports/incoming-calls.ts'

/** Longest message that is recorded, and how long a person's telephone rings. */
const MESSAGE_SECONDS = 120
const RING_SECONDS = 20

/** What callers are told when the model cannot be reached, in the words of the persona. */
export type LadderWords = {
  readonly language: string
  /** Said first where the caller has heard nothing yet. */
  readonly opening: string
  readonly leaveMessage: string
  readonly connecting: string
  readonly messageTaken: string
}

/** What the network can do for a caller whom the model cannot hear. */
export type LadderPlan = {
  readonly words: LadderWords
  /** A person who is rung first, and the number of ours that their telephone shows. */
  readonly person: { readonly number: string; readonly callerId: string } | undefined
  readonly maxLengthSeconds: number
}

type Rung = 'person' | 'message' | 'thanks' | 'end'

/**
 * The last steps of a call that is served without a model, by the telephone network alone: ring a person if there is
 * one, else record a message. One step an answer; the same report asked about again gets the same answer.
 */
export class Ladder {
  readonly #plan: LadderPlan
  readonly #opening: string
  #rung: Rung

  /** @param heardNothing the caller has not been told yet who speaks and what is wrong */
  constructor(plan: LadderPlan, heardNothing: boolean) {
    this.#plan = plan
    this.#opening = heardNothing ? `${plan.words.opening} ` : ''
    this.#rung = plan.person ? 'person' : 'message'
  }

  /** What the network does next, after what it has to tell about its last step. */
  next(report: NetworkReport): CallAnswer {
    this.#rung = rungAfter(this.#rung, report)
    const { words, person, maxLengthSeconds } = this.#plan
    const { language } = words
    switch (this.#rung) {
      case 'person': {
        if (!person) return { kind: 'hangUp' }
        const text = this.#opening + words.connecting
        const limits = { ringSeconds: RING_SECONDS, maxSeconds: maxLengthSeconds }
        return { kind: 'dialPerson', text, language, ...person, ...limits }
      }
      case 'message': {
        // Where a person was rung, the opening has been said.
        const text = (person ? '' : this.#opening) + words.leaveMessage
        return { kind: 'recordMessage', text, language, maxSeconds: MESSAGE_SECONDS }
      }
      case 'thanks':
        return { kind: 'sayAndHangUp', text: words.messageTaken, language }
      case 'end':
        return { kind: 'hangUp' }
    }
  }
}

function rungAfter(rung: Rung, { dialStatus, recording }: NetworkReport): Rung {
  if (recording) return 'thanks'
  if (rung !== 'person' || dialStatus === undefined) return rung
  return dialStatus === 'completed' || dialStatus === 'answered' ? 'end' : 'message'
}
