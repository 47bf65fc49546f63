/** Where the entry of the owner's PIN stands in one call. Digits are held only while more of them may come. */
export type PinState =
  | { readonly kind: 'waiting'; readonly wrongTries: number }
  | {
      readonly kind: 'entering'
      readonly wrongTries: number
      /** What was keyed in so far; undefined once it cannot be a PIN any more. */
      readonly digits: string | undefined
      readonly lastKeyAtMs: number
    }
  | { readonly kind: 'checking'; readonly wrongTries: number }
  | { readonly kind: 'right' }
  | { readonly kind: 'refused'; readonly reason: PinRefusal }

/** Why no PIN is taken: none is configured or an outsider calls, three wrong ones in this call, ten tries today. */
export type PinRefusal = 'notOffered' | 'triesOfCall' | 'triesOfDay'

/** What happens to it. Times are monotonic milliseconds. */
export type PinEvent =
  | { readonly kind: 'key'; readonly key: string; readonly atMs: number }
  /** The time that pinRestAtMs() named has come. */
  | { readonly kind: 'rested'; readonly atMs: number }
  /** A question was opened: the keypad belongs to it, and a half-entered PIN is forgotten. */
  | { readonly kind: 'interrupted' }
  /**
   * The digits were compared with the stored hash.
   * @param triesToday tries of this number today, this one included; counted durably before the comparison
   */
  | { readonly kind: 'checked'; readonly right: boolean; readonly triesToday: number }
  /** The try could not be counted, compared or recorded: it is as good as a wrong one in this call. */
  | { readonly kind: 'uncheckable' }

/** What has to be done. Only `checkPin` carries digits: they go to the comparison and nowhere else. */
export type PinEffect =
  | { readonly kind: 'checkPin'; readonly digits: string }
  | { readonly kind: 'pinRight' }
  | { readonly kind: 'pinWrong'; readonly triesLeft: number }
  /** The entry was no PIN: fewer than 6 digits or more than 10. It does not count as a try. */
  | { readonly kind: 'pinUnreadable' }
  | { readonly kind: 'pinUncheckable' }
  | { readonly kind: 'pinRefused'; readonly reason: PinRefusal }

/** A state and what has to be done. */
export type PinStep = { readonly state: PinState; readonly effects: readonly PinEffect[] }

const MIN_DIGITS = 6
const MAX_DIGITS = 10
const MAX_TRIES_PER_CALL = 3
/** Tries of a PIN from one number in a day. */
export const maxPinTriesPerDay = 10
const REST_MS = 4_000

/**
 * How the entry starts in a call.
 * @param offered whether the caller may enter a PIN at all: an owner's number, not disproved, and a PIN is configured
 * @param triesToday earlier tries of this number today
 */
export function initialPin({ offered, triesToday }: { offered: boolean; triesToday: number }): PinState {
  if (!offered) return { kind: 'refused', reason: 'notOffered' }
  // INVARIANT: anything but a plain count below the bound is "no tries left".
  if (!(triesToday < maxPinTriesPerDay)) return { kind: 'refused', reason: 'triesOfDay' }
  return { kind: 'waiting', wrongTries: 0 }
}

/**
 * Collects a PIN from the keypad: digits up to `#` or four seconds of rest. `*` begins again. Keys that arrive while an
 * entry is compared are dropped.
 */
export function stepPin(state: PinState, event: PinEvent): PinStep {
  switch (event.kind) {
    case 'key':
      return onKey(state, event)
    case 'rested':
      return isRested(state, event.atMs) ? finish(state) : unchanged(state)
    case 'interrupted':
      return unchanged(state.kind === 'entering' ? waiting(state) : state)
    case 'checked':
      return state.kind === 'checking' ? onChecked(state, event) : unchanged(state)
    case 'uncheckable':
      return state.kind === 'checking' ? onUncheckable(state) : unchanged(state)
  }
}

/** When the entry is over by rest, in monotonic milliseconds; undefined while nothing is being entered. */
export function pinRestAtMs(state: PinState): number | undefined {
  return state.kind === 'entering' ? state.lastKeyAtMs + REST_MS : undefined
}

/** Whether the model must hear silence: key tones are in the caller's audio too. */
export function isEnteringPin(state: PinState): boolean {
  return state.kind === 'entering'
}

type Entering = Extract<PinState, { kind: 'entering' }>

function onKey(state: PinState, event: Extract<PinEvent, { kind: 'key' }>): PinStep {
  if (state.kind === 'entering') {
    if (isRested(state, event.atMs)) return afterRest(state, event)
    if (event.key === '#') return finish(state)
  } else if (state.kind !== 'waiting' || event.key === '#') return unchanged(state)
  return unchanged(withKey(state, event))
}

/** The timer fired late: what was keyed in before the rest is an entry of its own. */
function afterRest(state: Entering, event: Extract<PinEvent, { kind: 'key' }>): PinStep {
  const finished = finish(state)
  const next = onKey(finished.state, event)
  return { state: next.state, effects: [...finished.effects, ...next.effects] }
}

function withKey(
  state: Extract<PinState, { kind: 'waiting' | 'entering' }>,
  { key, atMs }: { readonly key: string; readonly atMs: number },
): PinState {
  if (key === '*') return waiting(state)
  const before = state.kind === 'entering' ? state.digits : ''
  const fits = before !== undefined && before.length < MAX_DIGITS && /^[0-9]$/.test(key)
  const digits = fits ? before + key : undefined
  return { kind: 'entering', wrongTries: state.wrongTries, digits, lastKeyAtMs: atMs }
}

function isRested(state: PinState, atMs: number): state is Entering {
  return state.kind === 'entering' && atMs >= state.lastKeyAtMs + REST_MS
}

function finish(state: Entering): PinStep {
  const { digits } = state
  if (digits === undefined || digits.length < MIN_DIGITS)
    return { state: waiting(state), effects: [{ kind: 'pinUnreadable' }] }
  return {
    state: { kind: 'checking', wrongTries: state.wrongTries },
    effects: [{ kind: 'checkPin', digits }],
  }
}

function onChecked(
  state: Extract<PinState, { kind: 'checking' }>,
  event: Extract<PinEvent, { kind: 'checked' }>,
): PinStep {
  // INVARIANT: a right PIN does not count when its try was one too many: another call may have used the last one.
  if (!(event.triesToday <= maxPinTriesPerDay)) return refuse('triesOfDay')
  if (event.right) return { state: { kind: 'right' }, effects: [{ kind: 'pinRight' }] }
  const wrongTries = state.wrongTries + 1
  if (wrongTries >= MAX_TRIES_PER_CALL) return refuse('triesOfCall')
  if (event.triesToday === maxPinTriesPerDay) return refuse('triesOfDay')
  return {
    state: { kind: 'waiting', wrongTries },
    effects: [{ kind: 'pinWrong', triesLeft: triesLeft(wrongTries, event.triesToday) }],
  }
}

function onUncheckable(state: Extract<PinState, { kind: 'checking' }>): PinStep {
  const wrongTries = state.wrongTries + 1
  if (wrongTries >= MAX_TRIES_PER_CALL) return refuse('triesOfCall')
  return { state: { kind: 'waiting', wrongTries }, effects: [{ kind: 'pinUncheckable' }] }
}

function triesLeft(wrongTries: number, triesToday: number): number {
  return Math.min(MAX_TRIES_PER_CALL - wrongTries, maxPinTriesPerDay - triesToday)
}

function refuse(reason: PinRefusal): PinStep {
  return { state: { kind: 'refused', reason }, effects: [{ kind: 'pinRefused', reason }] }
}

function waiting({ wrongTries }: { readonly wrongTries: number }): PinState {
  return { kind: 'waiting', wrongTries }
}

function unchanged(state: PinState): PinStep {
  return { state, effects: [] }
}
