import { isDeepStrictEqual } from 'node:util'
import { type Random, seededRandom } from '../caller/random.ts'
import { type DrillOptions, type DrillResult, inLanes, missedBars } from './drill.ts'
import { sortedCounts } from './fuzz-run.ts'
import { mutatedJson } from './mutated-json.ts'
import { oddText, pick } from './odd-values.ts'
import type { FuzzedStrength, ToolGround, ToolSession } from './tool-ground.ts'
import { judgeArguments, type Verdict } from './judge-arguments.ts'
import { type ToolSample, toolSamples } from './tool-samples.ts'

const LANES = 4
/** Tool calls of one session: some more than a session takes. */
const CALLS_PER_SESSION = 270
/** Of so many calls one is what it should be, one has a name that no tool has, one has an id that is known. */
const GOOD_EVERY = 10
const STRANGE_NAME_EVERY = 40
const KNOWN_ID_EVERY = 50
const strengths: readonly FuzzedStrength[] = ['S0', 'S1', 'S2', 'S3']

/** What is counted over a whole drill. */
type Tally = {
  calls: number
  good: number
  runs: number
  effects: number
  readonly statuses: Map<string, number>
  readonly surprises: Map<string, number>
}

/**
 * Proposes whatever could come of tool calls gone wrong to gates at which nobody ever says yes, and holds every answer
 * and every run of a handler against an oracle of its own. Count: tool calls.
 */
export async function drillFuzzTools(
  ground: ToolGround,
  { seed, count }: DrillOptions,
): Promise<DrillResult> {
  const tally: Tally = { calls: 0, good: 0, runs: 0, effects: 0, statuses: new Map(), surprises: new Map() }
  const sessions = Math.ceil(count / CALLS_PER_SESSION)
  const left = (session: number): number => Math.min(CALLS_PER_SESSION, count - session * CALLS_PER_SESSION)
  await inLanes(LANES, Array.from({ length: sessions }), async (_each, index) => {
    const rank = index % strengths.length
    await using session = ground.open(strengths[rank] ?? 'S0')
    const fuzzed = new FuzzedSession({ session, rank, tally, random: seededRandom(seed * 1_000_003 + index) })
    for (let call = left(index); call > 0; call -= 1) await fuzzed.call()
  })
  const { isWhole, kinds } = await ground.audit()
  const intents = kinds['intent'] ?? 0
  const outcomes = kinds['outcome'] ?? 0
  const surprises = [...tally.surprises.keys()]
  return {
    numbers: {
      calls: tally.calls,
      sessions,
      good: tally.good,
      runs: tally.runs,
      effects: tally.effects,
      intents,
      denied: kinds['policy_denied'] ?? 0,
      statuses: sortedCounts(tally.statuses),
      surprises: sortedCounts(tally.surprises),
    },
    missed: missedBars([
      [surprises.length === 0, `surprises: ${surprises.slice(0, 5).join('; ')}`],
      [tally.calls === count, `${tally.calls} calls and not ${count}`],
      [tally.runs > 0 && tally.good > tally.runs, 'no handler ran, or nothing waited'],
      [intents === tally.effects, `${intents} intents and ${tally.effects} effects`],
      [outcomes === intents, `${outcomes} outcomes of ${intents} intents`],
      [isWhole, 'the audit chain is broken'],
    ]),
  }
}

class FuzzedSession {
  readonly #session: ToolSession
  readonly #rank: number
  readonly #random: Random
  readonly #tally: Tally
  #calls = 0

  constructor(options: { session: ToolSession; rank: number; random: Random; tally: Tally }) {
    this.#session = options.session
    this.#rank = options.rank
    this.#random = options.random
    this.#tally = options.tally
  }

  /** Makes one tool call and judges what comes of it. */
  async call(): Promise<void> {
    const random = this.#random
    this.#calls += 1
    this.#tally.calls += 1
    const known = random.whole(KNOWN_ID_EVERY) === 0 && this.#calls > 1
    const callId = `call_${known ? 1 + random.whole(this.#calls) : this.#calls}`
    const name = pick(random, Object.keys(toolSamples))
    const text = this.#arguments(name)
    const isStrange = random.whole(STRANGE_NAME_EVERY) === 0
    const asked = isStrange ? strangeName(name, random) : name
    const before = this.#session.runs.length
    const answer = await this.#session
      .propose({ callId, responseId: `resp_${this.#calls}`, name: asked, arguments: text })
      .catch((error: unknown) => ({ status: `rejected ${String(error)}`, output: '{}' }))
    tick(this.#tally.statuses, answer.status)
    const sample = sampleOf(asked)
    const verdict: Verdict = sample ? judgeArguments(text, sample) : { ok: false }
    const runs = this.#session.runs.slice(before)
    if (verdict.ok) this.#tally.good += 1
    this.#tally.runs += runs.length
    if (sample?.isEffect === true) this.#tally.effects += runs.length
    const complaint =
      this.#complaintAboutRuns(asked, { runs, verdict }) ??
      this.#complaintAboutAnswer(asked, {
        answer,
        verdict,
        isKnown: known || this.#calls > 250,
        runs: runs.length,
      })
    if (complaint !== undefined) tick(this.#tally.surprises, `${complaint}: ${asked} ${text.slice(0, 200)}`)
  }

  #arguments(name: string): string {
    const sample = pick(this.#random, sampleOf(name)?.samples ?? [{}])
    if (this.#random.whole(GOOD_EVERY) === 0) return JSON.stringify(sample)
    return mutatedJson(sample, this.#random).bytes.toString()
  }

  #complaintAboutRuns(
    name: string,
    { runs, verdict }: { readonly runs: ToolSession['runs']; readonly verdict: Verdict },
  ): string | undefined {
    const [run, ...more] = runs
    if (!run) return undefined
    if (more.length > 0) return 'ran more than once'
    if (!verdict.ok) return 'ran on arguments that are none'
    if (sampleOf(name)?.isHigh !== false) return 'ran without a yes'
    if ((sampleOf(name)?.from ?? 9) > this.#rank) return 'ran for somebody too weak'
    return run.tool === name && isDeepStrictEqual(run.input, verdict.input)
      ? undefined
      : 'ran on something else'
  }

  #complaintAboutAnswer(
    name: string,
    {
      answer,
      verdict,
      isKnown,
      runs,
    }: {
      readonly answer: { readonly status: string; readonly output: string }
      readonly verdict: Verdict
      /** Whether the call has an id that is known, or is one too many: then its answer may be another. */
      readonly isKnown: boolean
      readonly runs: number
    },
  ): string | undefined {
    if (!isObject(answer.output)) return `was answered with ${answer.output.slice(0, 40)}`
    if (answer.status.startsWith('rejected')) return answer.status
    if (isKnown) return undefined
    const sample = sampleOf(name)
    if (!sample) return answer.status === 'unknownTool' ? undefined : `was ${answer.status}, and is unknown`
    if (!verdict.ok)
      return answer.status === 'invalidArguments' ? undefined : `was ${answer.status}, and is invalid`
    if (sample.from > this.#rank)
      return answer.status === 'refused' ? undefined : `was ${answer.status} for the weak`
    if (sample.fits?.(verdict.input) === false)
      return answer.status === 'invalidArguments' ? undefined : `was ${answer.status}, and does not fit`
    if (answer.status === 'invalidArguments') return 'was invalid, and is good'
    if (sample.isHigh) return answer.status === 'done' ? 'was done without a yes' : undefined
    // A call does not end over a question.
    if (name === 'end_call' && answer.status === 'waits') return runs === 0 ? undefined : 'ran, and waits'
    const reads = sample.isEffect !== true && name !== 'web_research'
    return reads && (answer.status !== 'done' || runs !== 1)
      ? `was ${answer.status}, and is allowed`
      : undefined
  }
}

function sampleOf(name: string): ToolSample | undefined {
  return Object.hasOwn(toolSamples, name) ? toolSamples[name] : undefined
}

function strangeName(name: string, random: Random): string {
  const odd = oddText(random)
  return pick(random, [name.toUpperCase(), `${name} `, `${name}\u0000`, 'constructor', '__proto__', '', odd])
}

function tick(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
