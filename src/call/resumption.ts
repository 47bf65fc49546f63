import type { CallOffer } from '../ports/incoming-calls.ts'
import type { OrphanRecord, TurnRecord } from '../ports/storage.ts'
import type { Effect } from './effect.ts'
import { type CallRules, type CallState, initialEffects, initialState } from './state.ts'
import { oweResumption } from './waiting.ts'

/** What is known of a call that another process began, and that goes on in this one. */
export type Resumption = {
  /** Unix milliseconds of the first ring. */
  readonly startedAtMs: number
  /** Unix milliseconds of its first stream; undefined when it never had one. */
  readonly answeredAtMs?: number
  /** Sessions it has had. */
  readonly sessions: number
  /** Everything that was said, as far as it was written down; the last words may be missing. */
  readonly history: readonly TurnRecord[]
}

/** What a call that was left open goes on with. */
export function resumptionOf({ call, sessions, turns }: OrphanRecord): Resumption {
  const { startedAtMs, answeredAtMs } = call
  const answered = answeredAtMs === undefined ? {} : { answeredAtMs }
  return { startedAtMs, ...answered, sessions: sessions.length, history: turns }
}

/** The offer of a call that was left open, as far as it is known still: the network's proof of the caller is not. */
export function offerOf({ call }: OrphanRecord): CallOffer {
  const { callSid, from, to, direction } = call
  return { callSid, from, to, direction }
}

/** The state in which a call begins in this process. */
export function firstState(rules: CallRules, resumption: Resumption | undefined): CallState {
  return resumption ? resumedState(rules, resumption) : initialState(rules)
}

/**
 * The effects of a call's first moment in this process.
 * @param nowWallMs Unix milliseconds: what a call has lasted counts, also while no process was there
 */
export function firstEffects(
  state: CallState,
  resumption: Resumption | undefined,
  nowWallMs: number,
): readonly Effect[] {
  if (resumption?.answeredAtMs === undefined || state.phase !== 'detached') return initialEffects(state)
  const { rules } = state
  const leftMs = Math.max(0, resumption.answeredAtMs + rules.maxLengthMs - nowWallMs)
  return [
    { kind: 'setTimer', name: 'reattach', delayMs: rules.reattachMs },
    { kind: 'setTimer', name: 'lengthReached', delayMs: leftMs },
    ...(leftMs > rules.warningMs
      ? [{ kind: 'setTimer', name: 'lengthWarning', delayMs: leftMs - rules.warningMs } as const]
      : []),
  ]
}

/**
 * The state of a call whose process died: it waits for its next stream, as after a break of the socket, and then for the
 * model to go on, since nobody knows in the middle of what it was. One that never had a stream begins from the start.
 */
function resumedState(rules: CallRules, { answeredAtMs, history }: Resumption): CallState {
  const fresh = initialState(rules)
  const nextSeq = history.reduce((next, { seq }) => Math.max(next, seq + 1), 0)
  const state: CallState = { ...fresh, transcript: { ...fresh.transcript, nextSeq } }
  if (answeredAtMs === undefined) return state
  const owesDisclosure =
    rules.opening.includes('disclosure') && !wasHeard(rules.sentences.disclosure, history)
  return oweResumption({
    ...state,
    phase: 'detached',
    everLive: true,
    replyOwed: undefined,
    sounding: { ...state.sounding, owed: owesDisclosure ? ['disclosure'] : [] },
  })
}

function wasHeard(sentence: string, history: readonly TurnRecord[]): boolean {
  return history.some(
    ({ source, text, interrupted }) => source === 'fixed' && text === sentence && !interrupted,
  )
}
