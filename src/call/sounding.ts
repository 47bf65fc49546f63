import type { FixedSentence } from '../ports/prompt-audio.ts'
import type { Effect } from './effect.ts'
import type { Heard } from './event.ts'
import { type CallState, chain, isSounding, type PlayingClip, type Step } from './state.ts'
import { clipSounding, cutOff, type TranscriptStep } from './transcript.ts'

/** Sentences that count only when heard: cut off, they are said again, and the last time nothing interrupts them. */
const MUST_BE_HEARD: ReadonlySet<FixedSentence> = new Set(['disclosure', 'timeAlmostUp', 'apology'])
const MAX_ASKINGS = 3

const CLEAR: Effect = { kind: 'clearPlayback' }

/** Queues a fixed sentence behind whatever is being played. */
export function playClip(state: CallState, sentence: FixedSentence, atMs: number): Step {
  const { sounding } = state
  const clip: PlayingClip = { clipId: sounding.nextClipId, sentence }
  const recorded = clipSounding(state.transcript, {
    clipId: clip.clipId,
    text: state.rules.sentences[sentence],
    startedAtMs: atMs,
  })
  const next = {
    ...state,
    sounding: {
      ...sounding,
      clips: [...sounding.clips, clip],
      nextClipId: clip.clipId + 1,
      askings: { ...sounding.askings, [sentence]: (sounding.askings[sentence] ?? 0) + 1 },
    },
  }
  const step = withTurns(next, recorded)
  return { state: step.state, effects: [{ kind: 'playClip', ...clip }, ...step.effects] }
}

/** Plays the sentences that were cut off and must be heard. */
export function playOwed(state: CallState, atMs: number): Step {
  const { owed } = state.sounding
  let step: Step = { state: { ...state, sounding: { ...state.sounding, owed: [] } }, effects: [] }
  for (const sentence of owed) {
    const next = playClip(step.state, sentence, atMs)
    step = { state: next.state, effects: [...step.effects, ...next.effects] }
  }
  return step
}

/** True while a sentence is played that no voice may cut any more. */
export function isUninterruptible(state: CallState): boolean {
  if (state.closing && !state.closing.revocable) return true
  return state.sounding.clips.some(
    ({ sentence }) => MUST_BE_HEARD.has(sentence) && (state.sounding.askings[sentence] ?? 0) >= MAX_ASKINGS,
  )
}

/**
 * What an interruption by the caller will silence, known without working out what else follows from it; nothing where
 * nothing is to be cleared.
 * @param isLate the model tells only now of what the caller said
 */
export function silenceFirst(state: CallState, isLate: boolean): readonly Effect[] {
  const goesOn = isUninterruptible(state) || (isLate && onlyAsksForPatience(state))
  return isSounding(state) && !goesOn ? [CLEAR, ...dropsOf(state)] : []
}

function dropsOf({ turns }: CallState): Effect[] {
  return turns.replies.map(({ responseId }) => ({ kind: 'dropReply', responseId }))
}

function onlyAsksForPatience({ sounding: { clips, replyItemIds } }: CallState): boolean {
  return replyItemIds.length === 0 && clips.length > 0 && clips.every(asksForPatience)
}

function asksForPatience({ sentence }: PlayingClip): boolean {
  return sentence === 'hold'
}

/**
 * Stops everything that is queued: clears the player, tells the model how much of each reply was heard (0 ms for what
 * was never begun) and drops what still arrives of replies in progress.
 */
export function interrupt(state: CallState, heard: readonly Heard[]): Step {
  if (!isSounding(state) && state.turns.replies.length === 0) return { state, effects: [] }
  const cut = heard.filter((one) => !(one.complete && one.heardMs >= one.sentMs))
  const truncations: Effect[] = cut.flatMap(({ utterance, heardMs }) =>
    utterance.kind === 'reply' ? [{ kind: 'truncateReply', itemId: utterance.itemId, heardMs } as const] : [],
  )
  const owed = state.sounding.clips
    .map((clip) => clip.sentence)
    .filter((sentence) => MUST_BE_HEARD.has(sentence))
  const next: CallState = {
    ...state,
    turns: {
      ...state.turns,
      replies: state.turns.replies.map((reply) => ({ ...reply, dropped: true })),
    },
    sounding: {
      ...state.sounding,
      clips: [],
      replyItemIds: [],
      owed: [...new Set([...state.sounding.owed, ...owed])],
    },
  }
  const settled = settleCut(next, heard)
  const clear = isSounding(state) ? [CLEAR] : []
  return { state: settled.state, effects: [...clear, ...dropsOf(state), ...truncations, ...settled.effects] }
}

/**
 * The same for words that the model is late to tell of. The sentence that asks for patience is said for those very
 * words, and the caller has heard nothing else since: it is not cut off, or said again behind what is.
 */
export function interruptLate(state: CallState, event: { heard: readonly Heard[]; atMs: number }): Step {
  const { clips } = state.sounding
  if (!clips.some(asksForPatience)) return interrupt(state, event.heard)
  if (!onlyAsksForPatience(state)) {
    return chain(
      state,
      (now) => interrupt(now, event.heard),
      (now) => playClip(now, 'hold', event.atMs),
    )
  }
  const quiet = { ...state, sounding: { ...state.sounding, clips: [] } }
  const { state: cut, effects } = interrupt(
    quiet,
    event.heard.filter(({ utterance }) => utterance.kind === 'reply'),
  )
  return { state: { ...cut, sounding: { ...cut.sounding, clips } }, effects }
}

/** Writes down how far every unfinished utterance got, when no more of it will be heard. */
export function settleCut(state: CallState, heard: readonly Heard[]): Step {
  return heard.reduce<Step>(
    (step, one) => {
      const next = withTurns(step.state, cutOff(step.state.transcript, one))
      return { state: next.state, effects: [...step.effects, ...next.effects] }
    },
    { state, effects: [] },
  )
}

/** Puts a changed transcript into the state and records its turns. */
export function withTurns(state: CallState, step: TranscriptStep): Step {
  const effects = step.turns.map((turn): Effect => ({ kind: 'recordTurn', turn }))
  return { state: { ...state, transcript: step.transcript }, effects }
}
