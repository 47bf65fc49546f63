/** Something the caller says, as the model's server hears it. Times are monotonic milliseconds of arrival. */
export type CallerTurn = {
  readonly itemId: string
  readonly sessionId: string
  readonly startedAtMs: number
  readonly stoppedAtMs: number | undefined
}

/** The caller's turns whose words are not known yet, and when the last one with words began. */
export type CallerTurns = {
  readonly open: readonly CallerTurn[]
  readonly lastWordsStartedAtMs: number | undefined
}

/** The words of a turn come within this after its end, or not at all. */
const TRANSCRIPT_MS = 5_000
/** A turn that is still not over after this is no answer. */
const MAX_SPEECH_MS = 30_000
/** More turns than this without words are none: the oldest is given up. */
const MAX_OPEN = 8

/** No turns yet. */
export const noTurns: CallerTurns = { open: [], lastWordsStartedAtMs: undefined }

/** The caller begins to speak. An item that began before stays as it was: its start cannot be moved. */
export function turnStarted(
  turns: CallerTurns,
  started: { readonly itemId: string; readonly sessionId: string; readonly atMs: number },
): CallerTurns {
  const { itemId, sessionId, atMs } = started
  if (turns.open.some((turn) => turn.itemId === itemId)) return turns
  const turn = { itemId, sessionId, startedAtMs: atMs, stoppedAtMs: undefined }
  return { ...turns, open: [...turns.open, turn].slice(-MAX_OPEN) }
}

/** The caller pauses: the words of this turn are due. */
export function turnStopped(turns: CallerTurns, itemId: string, atMs: number): CallerTurns {
  const open = turns.open.map((turn) =>
    turn.itemId === itemId && turn.stoppedAtMs === undefined ? { ...turn, stoppedAtMs: atMs } : turn,
  )
  return { ...turns, open }
}

/** The turn of an item, while its words are not known. */
export function openTurn(turns: CallerTurns, itemId: string): CallerTurn | undefined {
  return turns.open.find((turn) => turn.itemId === itemId)
}

/** The turn is over: with words it counts as one that the caller has spoken. */
export function turnOver(turns: CallerTurns, turn: CallerTurn, hasWords: boolean): CallerTurns {
  const open = turns.open.filter((one) => one.itemId !== turn.itemId)
  return {
    open,
    lastWordsStartedAtMs: hasWords ? latest(turns, turn.startedAtMs) : turns.lastWordsStartedAtMs,
  }
}

/** When a turn is given up, in monotonic milliseconds. */
export function turnDueAtMs(turn: CallerTurn): number {
  return turn.stoppedAtMs === undefined ? turn.startedAtMs + MAX_SPEECH_MS : turn.stoppedAtMs + TRANSCRIPT_MS
}

/** Whether the caller has begun a turn with words after a moment. */
export function hasSpokenSince(turns: CallerTurns, atMs: number): boolean {
  return turns.lastWordsStartedAtMs !== undefined && turns.lastWordsStartedAtMs > atMs
}

function latest(turns: CallerTurns, startedAtMs: number): number {
  return Math.max(turns.lastWordsStartedAtMs ?? startedAtMs, startedAtMs)
}
