import { isQuiet } from './floor.ts'
import { playClip } from './sounding.ts'
import { type CallState, isWorking, type Step, unchanged, withFloor } from './state.ts'

/** Work that takes longer than this is bridged by the hold sentence. */
const FILLER_MS = 1_000

/** Sets the time after which work is bridged by a sentence, once for each spell of work. */
export function watchFiller(state: CallState): Step {
  const { filler } = state.floor
  if (isWorking(state) && state.phase === 'live') {
    if (filler !== 'none') return unchanged(state)
    const effects = [{ kind: 'setTimer', name: 'filler', delayMs: FILLER_MS } as const]
    return { state: withFloor(state, { filler: 'due' }), effects }
  }
  if (filler === 'none') return unchanged(state)
  const effects = filler === 'due' ? [{ kind: 'cancelTimer', name: 'filler' } as const] : []
  return { state: withFloor(state, { filler: 'none' }), effects }
}

/** Work takes its time: the caller hears so, unless anything else is heard or about to be. */
export function onFiller(state: CallState, atMs: number): Step {
  if (!isWorking(state) || state.floor.filler !== 'due') return unchanged(state)
  if (!isQuiet(state)) {
    return { state, effects: [{ kind: 'setTimer', name: 'filler', delayMs: FILLER_MS }] }
  }
  const played = playClip(withFloor(state, { filler: 'said' }), 'hold', atMs)
  // The same words would be said once more where a reply is due as well.
  return { state: played.state, effects: [...played.effects, { kind: 'cancelTimer', name: 'hold' }] }
}

/** The caller was asked for patience by another rule: work need not do it again. */
export function fillerSaid(state: CallState): Step {
  if (state.floor.filler !== 'due') return unchanged(state)
  return { state: withFloor(state, { filler: 'said' }), effects: [{ kind: 'cancelTimer', name: 'filler' }] }
}
