import { type CallerTurns, openTurn, turnOver, turnStarted, turnStopped } from '../policy/caller-turns.ts'
import type { DeskEvent } from '../policy/confirmation-desk.ts'
import { wordsOf } from '../policy/words.ts'

/**
 * The caller's turns while there is no desk of confirmations, as it would count them. Turns that should be over are left
 * open: a desk that is made gives them up by itself.
 * @param transcribes whether words of a turn come after it
 */
export function turnsAfter(turns: CallerTurns, event: DeskEvent, transcribes: boolean): CallerTurns {
  if (event.kind === 'speechStarted') return turnStarted(turns, event)
  if (event.kind === 'speechStopped')
    return transcribes ? turnStopped(turns, event.itemId, event.atMs) : closed(turns, event.itemId, true)
  if (event.kind === 'transcript') return closed(turns, event.itemId, hasWords(event.text))
  return event.kind === 'transcriptFailed' ? closed(turns, event.itemId, false) : turns
}

function closed(turns: CallerTurns, itemId: string, isSpoken: boolean): CallerTurns {
  const turn = openTurn(turns, itemId)
  return turn ? turnOver(turns, turn, isSpoken) : turns
}

/** A letter or digit of ASCII is a word or a part of one. */
function hasWords(text: string): boolean {
  return /[A-Za-z0-9]/.test(text) || wordsOf(text).length > 0
}
