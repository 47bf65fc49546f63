/** A call or a message that was begun, whatever came of it. */
export type PastEffect = {
  /** The tool that began it. */
  readonly tool: string
  /** Unix milliseconds. */
  readonly wallMs: number
} & CappedKeys

/** What is counted apart. Any texts serve that are equal for equals, so that the history may hold keyed hashes. */
export type CappedKeys = {
  readonly destination: string
  /** The range that the destination belongs to; see rangeOf(). */
  readonly range: string
  /** Whoever asked for it. */
  readonly caller: string
}

/** How many effects of one tool are allowed in any 24 hours. */
export type Caps = {
  readonly perDestination: number
  readonly perRange: number
  readonly perCaller: number
  readonly perDay: number
}

/** Which cap is reached. */
export type CapVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: keyof Caps }

/** The caps of the tools that reach people: far above what a person asks for, far below what a fraud earns by. */
export const defaultCaps: Readonly<Record<string, Caps>> = {
  make_call: { perDestination: 5, perRange: 10, perCaller: 20, perDay: 50 },
  send_sms: { perDestination: 10, perRange: 20, perCaller: 50, perDay: 100 },
  send_email: { perDestination: 10, perRange: 50, perCaller: 50, perDay: 100 },
}

const DAY_MS = 24 * 60 * 60 * 1_000

/**
 * Counts what was begun in the last 24 hours against the caps. The wall clock may have been set back: what seems to
 * come from the future counts too.
 * @param wanted.wallMs now, in Unix milliseconds
 * @param history at least every effect of that tool in the last 24 hours; each is counted, failed ones as well
 */
export function capVerdict(
  wanted: PastEffect,
  history: readonly PastEffect[],
  caps: Readonly<Record<string, Caps>> = defaultCaps,
): CapVerdict {
  const cap = caps[wanted.tool]
  // INVARIANT: a tool without caps has no allowance.
  if (!cap) return { ok: false, reason: 'perDay' }
  const recent = history.filter(
    ({ tool, wallMs }) => tool === wanted.tool && !(wallMs <= wanted.wallMs - DAY_MS),
  )
  const counts: Caps = {
    perDestination: recent.filter(({ destination }) => destination === wanted.destination).length,
    perRange: recent.filter(({ range }) => range === wanted.range).length,
    perCaller: recent.filter(({ caller }) => caller === wanted.caller).length,
    perDay: recent.length,
  }
  // "Not below" also refuses for a cap that is no number.
  const reached = capNames.find((name) => !(counts[name] < cap[name]))
  return reached === undefined ? { ok: true } : { ok: false, reason: reached }
}

const capNames = ['perDestination', 'perRange', 'perCaller', 'perDay'] as const
