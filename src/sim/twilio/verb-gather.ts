import type { GatherVerb } from './twiml.ts'
import type { VerbOutcome, VerbRun } from './verb-host.ts'
import { goTo } from './verb-host.ts'
import { runSound } from './verb-say.ts'
import { waitMs } from './wait.ts'

const MOST_DIGITS = 64

/**
 * Runs `<Gather>` for keys: a key cuts the prompts short, each one starts the time-out anew, and the number of
 * digits or the finishing key ends it.
 */
export async function runGather(run: VerbRun, verb: GatherVerb): Promise<VerbOutcome> {
  const { host, signal } = run
  host.answer()
  const finished = new AbortController()
  const firstKey = new AbortController()
  let digits = ''
  let lastKeyMs = 0
  const onKey = (digit: string): void => {
    if (finished.signal.aborted) return
    if (digit === verb.finishOnKey) finished.abort()
    else digits += digit
    if (digits.length >= (verb.numDigits ?? MOST_DIGITS)) finished.abort()
    lastKeyMs = host.world.clock.nowMs()
    firstKey.abort()
  }
  using taps = new DisposableStack()
  taps.use(host.line.tapKeys(onKey))
  const prompting = AbortSignal.any([signal, firstKey.signal])
  for (const prompt of verb.prompts) {
    if (prompting.aborted) break
    if (prompt.kind === 'say' || prompt.kind === 'play' || prompt.kind === 'pause') {
      await runSound({ ...run, signal: prompting }, prompt)
    }
  }
  lastKeyMs = Math.max(lastKeyMs, host.world.clock.nowMs())
  const waiting = AbortSignal.any([signal, finished.signal])
  while (!waiting.aborted) {
    const leftMs = lastKeyMs + verb.timeoutS * 1_000 - host.world.clock.nowMs()
    if (leftMs <= 0) break
    await waitMs(host.world.clock, leftMs, waiting)
  }
  if (!digits && !verb.actionOnEmptyResult) return { kind: 'next' }
  const action =
    verb.action ?? (run.documentUrl === undefined ? undefined : { url: run.documentUrl, method: 'POST' })
  return action ? goTo(run, action, [['Digits', digits]]) : { kind: 'next' }
}
