/** A turn as it is shown: part of what the record holds. */
export type ShownTurn = {
  readonly seq: number
  readonly speaker: 'caller' | 'agent'
  readonly text: string
  readonly source: string
  readonly interrupted: boolean
  readonly firstDeltaMs?: number
  readonly firstMediaMs?: number
  readonly firstMarkMs?: number
}

/** One line of a transcript, or undefined while the words are not known. */
export function speechLine(turn: ShownTurn): string | undefined {
  if (turn.text === '' && !turn.interrupted) return undefined
  const who = turn.speaker === 'caller' ? 'Caller' : 'Agent '
  return `${who}  ${turn.text}${turn.interrupted ? ' — (interrupted)' : ''}`
}

/** How soon each reply came after the caller had stopped speaking, as a table. */
export function latencyTable(turns: readonly ShownTurn[]): string {
  const rows = turns
    .filter((turn) => turn.firstDeltaMs !== undefined)
    .map((turn) => [
      shorten(turn.text, 44),
      milliseconds(turn.firstDeltaMs),
      milliseconds(turn.firstMediaMs),
      milliseconds(turn.firstMarkMs),
    ])
  const head = ['Reply, after the end of speech', 'first delta', 'first media', 'first mark']
  return [head, ...rows]
    .map(([text = '', ...cells]) => [text.padEnd(46), ...cells.map((cell) => cell.padStart(12))].join(''))
    .join('\n')
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(1)} ms`
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
