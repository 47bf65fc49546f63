import { join } from 'node:path'

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

const endings: ReadonlyMap<string | undefined, string> = new Map([
  ['callerHungUp', 'the caller hung up'],
  ['agentHungUp', 'the agent hung up'],
  ['idle', 'the caller stayed silent'],
  ['maximumLength', 'it had reached the longest time for a call'],
  ['modelLost', 'the model was lost'],
  ['streamLost', 'the media stream was lost'],
  ['shutdown', 'the server was stopped'],
  ['caller', 'the caller hung up'],
  ['rest', 'the agent hung up'],
])

/** How long the call was and who ended it, in words. */
export function endingSentence(end: { readonly durationSeconds: number; readonly by?: string }): string {
  const why = endings.get(end.by) ?? `it ended by: ${end.by ?? 'nothing known'}`
  return `The call took ${end.durationSeconds} s, then ${why}.`
}

/** One record of the audit log, as one line. */
export function auditLine(record: {
  readonly seq: number
  readonly kind: string
  readonly tool?: string
  readonly hash: string
  readonly data: Readonly<
    Record<string, string | number | boolean | readonly (string | number | boolean)[] | undefined>
  >
}): string {
  const { seq, kind, tool = '', hash, data } = record
  const words = ['decision', 'state', 'reason', 'reasons', 'code'].flatMap((name) => {
    const said = data[name] ?? []
    return typeof said === 'object' ? said.map(String) : [String(said)]
  })
  return `${String(seq).padStart(3)}  ${kind.padEnd(13)} ${tool.padEnd(21)} ${words.join(', ').padEnd(30)} ${hash.slice(0, 12)}…`
}

/** The files that a rehearsed call leaves in its folder. */
export function filesOf(folder: string | undefined): readonly string[] {
  if (folder === undefined) return []
  return ['heard-by-caller.wav', 'said-by-caller.wav', 'events.jsonl'].map((name) => join(folder, name))
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
