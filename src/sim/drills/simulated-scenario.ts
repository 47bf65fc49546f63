import { type Random, seededRandom } from '../caller/random.ts'
import type { ModelFault } from '../openai/model-fault.ts'
import { garbageForms } from '../openai/model-fault.ts'
import type { ModelReply } from '../openai/model-script.ts'
import { type Scenario, type ScenarioInput, scenarioFrom } from '../scenario.ts'

type Step = ScenarioInput['caller']['steps'][number]
type Rest = NonNullable<ScenarioInput['rest']>[number]

/** What the model says, from 0.3 to 8 seconds long: few enough that the fake need make each but once. */
const SENTENCES = [
  'Certainly. Let me see what I can do about that for you.',
  'The workshop is open from nine until five, and on Saturday until noon.',
  'I have made a note of it. Is there anything else?',
  'That is a good question, and the answer is a little longer than one might expect at first.',
  'Yes.',
  'Could you say that again, please?',
  'I can put you through to the workshop, take down a message, or tell you when it would suit them best to see you this week.',
] as const
const HEARD = ['Hello there.', 'What are your hours?', 'No, wait.', 'And on Saturday?', 'I see.', ''] as const

/** How long any wait of a caller may last before they give up, and the last one, for the other side to hang up. */
const WAIT_MS = 30_000
const LAST_WAIT_MS = 120_000

/** Draws what a simulated call is made of. */
class Chance {
  readonly #random: Random

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** True in so many of a hundred cases. */
  percent(percent: number): boolean {
    return this.#random.next() * 100 < percent
  }

  between(least: number, most: number): number {
    return least + this.#random.whole(most - least + 1)
  }

  of<T>(list: readonly T[]): T {
    const drawn = list[this.#random.whole(list.length)]
    if (drawn === undefined) throw new RangeError('Cannot draw from an empty list')
    return drawn
  }
}

/**
 * The call of a seed: what its caller does, what its model says, and what goes wrong on both sides. The same seed is
 * the same call.
 */
export function simulatedScenario(seed: number, from: string): Scenario {
  const chance = new Chance(seed)
  const faulty = chance.percent(60)
  const lasting = new Chance(~seed)
  return scenarioFrom({
    name: 'simulated',
    about: 'A caller, a model and a network that do as chance has it.',
    seed,
    call: { from, delays: delays(chance) },
    caller: { steps: callerSteps(chance, faulty) },
    model: {
      ...model(chance, faulty),
      ...(lasting.percent(15) && { lastsMs: lasting.between(4, 30) * 1_000 }),
    },
    ...(faulty && chance.percent(10) && { rest: [restFault(chance)] }),
  })
}

/** A call in which nothing happens until somebody hangs up. */
export function introduction(from: string): Scenario {
  return scenarioFrom({
    name: 'introduction',
    about: 'A caller who only shows that they are there.',
    seed: 0,
    call: { from },
    caller: { steps: [last] },
    model: { hears: [], replies: [] },
  })
}

function delays(chance: Chance): { toServerMs: number; toClientMs: number } {
  return chance.percent(30)
    ? { toServerMs: 0, toClientMs: 0 }
    : { toServerMs: chance.between(0, 120), toClientMs: chance.between(0, 120) }
}

function callerSteps(chance: Chance, faulty: boolean): Step[] {
  const deeds = Array.from({ length: chance.between(0, 5) }, () => deed(chance))
  const troubles = faulty && chance.percent(50) ? [trouble(chance)] : []
  const at = chance.between(0, deeds.length)
  return [
    ...opening(chance),
    ...deeds.slice(0, at).flat(),
    ...troubles,
    ...deeds.slice(at).flat(),
    ...ending(chance),
  ]
}

function speak(chance: Chance): Step {
  return { do: 'noise', ms: chance.between(60, 2_500), dbfs: -chance.between(12, 28) }
}

function opening(chance: Chance): Step[] {
  switch (chance.between(0, 3)) {
    case 0:
      return [speak(chance)]
    case 1:
      return [{ do: 'pause', ms: chance.between(0, 6_000) }]
    default:
      return [
        { do: 'waitForReply', ms: chance.between(100, 1_500), withinMs: WAIT_MS },
        { do: 'waitForQuiet', ms: chance.between(300, 900), withinMs: WAIT_MS },
      ]
  }
}

/** Something a caller does in a conversation. */
function deed(chance: Chance): Step[] {
  const pause = { do: 'pause', ms: chance.between(0, 1_500) } as const
  switch (chance.between(0, 9)) {
    case 0:
    case 1:
    case 2:
      // Says something and hears the answer out.
      return [
        speak(chance),
        { do: 'waitForReply', ms: chance.between(60, 800), withinMs: WAIT_MS },
        { do: 'waitForQuiet', ms: chance.between(300, 1_200), withinMs: WAIT_MS },
      ]
    case 3:
    case 4:
      // Interrupts.
      return [{ do: 'waitForReply', ms: chance.between(60, 2_500), withinMs: WAIT_MS }, speak(chance)]
    case 5:
      return [speak(chance), { do: 'pause', ms: chance.between(100, 900) }, speak(chance), pause]
    case 6:
      return [{ do: 'press', digits: chance.of(['1', '42#', '*', '0w7']) }, pause]
    case 7:
      return [{ do: 'pause', ms: chance.between(0, 5_000) }]
    case 8:
      return [speak(chance), pause]
    default:
      return [{ do: 'lose', ms: chance.between(20, 1_800) }, speak(chance)]
  }
}

/** Something that goes wrong on the caller's leg. */
function trouble(chance: Chance): Step {
  const ms = chance.between(200, 4_000)
  switch (chance.between(0, 9)) {
    case 0:
      return { do: 'jitter', ms, upToMs: chance.between(20, 800) }
    case 1:
      return { do: 'randomLoss', ms, share: chance.between(1, 50) / 100 }
    case 2:
      return { do: 'swapMedia', ms }
    case 3:
      return { do: 'repeatMedia', ms }
    case 4:
      return { do: 'repeatMarks', ms }
    case 5:
      return { do: 'jumpClock', byMs: chance.of([-5_000, -400, 400, 3_000, 60_000]) }
    case 6:
      return { do: 'secondStart' }
    case 7:
      return { do: 'sendHuge', bytes: chance.of([6_400, 60_800, 200_000]) }
    default:
      return { do: 'dropStream' }
  }
}

function ending(chance: Chance): Step[] {
  switch (chance.between(0, 11)) {
    case 0:
      return [{ do: 'vanish' }]
    case 1:
      return [{ do: 'hangUpWithoutStop' }]
    case 2:
      return chance.percent(50) ? [{ do: 'freeze' }, last] : [{ do: 'vanish' }]
    case 3:
    case 4:
      return [last]
    case 5:
    case 6:
      return [{ do: 'waitForReply', ms: chance.between(60, 3_000), withinMs: WAIT_MS }, { do: 'hangUp' }]
    default:
      return [{ do: 'pause', ms: chance.between(0, 4_000) }, { do: 'hangUp' }]
  }
}

/** The other side is left to end the call. */
const last: Step = { do: 'waitForEnd', withinMs: LAST_WAIT_MS }

function model(chance: Chance, faulty: boolean): ScenarioInput['model'] {
  return {
    delays: delays(chance),
    handshakeMs: chance.percent(50) ? 0 : chance.between(0, 700),
    updateMs: chance.percent(50) ? 0 : chance.between(0, 300),
    transcription: {
      when: chance.of(['before', 'during', 'during', 'after', 'after', 'never', 'failed']),
      delayMs: chance.percent(60) ? 0 : chance.between(0, 4_000),
    },
    extras: chance.of(['always', 'sometimes', 'never']),
    hears: Array.from({ length: 8 }, () => chance.of(HEARD)),
    replies: Array.from({ length: 8 }, () => reply(chance, faulty)),
    faults: faulty ? Array.from({ length: chance.between(0, 2) }, () => modelFault(chance)) : [],
  }
}

function reply(chance: Chance, faulty: boolean): ModelReply {
  const spoken = {
    say: chance.of(SENTENCES),
    thinkMs: chance.percent(85) ? chance.between(50, 1_200) : chance.between(1_200, 6_000),
  }
  if (chance.percent(12)) return goodbye(chance, spoken)
  if (!faulty || chance.percent(80)) return spoken
  switch (chance.between(0, 5)) {
    case 0:
      return { ...spoken, ends: 'failed', endsAfterMs: chance.of([0, 200, 1_000]) }
    case 1:
      return { ...spoken, ends: 'incomplete' }
    case 2:
      return { ...spoken, ends: 'filtered' }
    case 3:
      return { ...spoken, ends: 'cancelled' }
    case 4:
      return { never: true }
    default:
      return { ...spoken, dropAfterMs: chance.of([0, 100, 700]) }
  }
}

/** The model ends the call, with words of its own or without. */
function goodbye(chance: Chance, spoken: ModelReply): ModelReply {
  const calls = [{ name: 'end_call', arguments: {} }]
  const { say: preamble, ...rest } = spoken
  return chance.percent(70) ? { ...rest, preamble, calls } : { calls }
}

function modelFault(chance: Chance): ModelFault {
  const session = chance.percent(75) ? { session: chance.between(1, 2) } : {}
  const moment = {
    ...session,
    ...(chance.percent(60)
      ? { afterMs: chance.between(0, 15_000) }
      : { duringReply: { reply: chance.between(1, 3), audioMs: chance.of([0, 100, 800]) } }),
  }
  switch (chance.between(0, 12)) {
    case 0:
      return {
        kind: 'refuseHandshake',
        ...session,
        status: chance.of(['401', '403', '404', '429', '500', '503']),
      }
    case 1:
      return { kind: 'silentHandshake', ...session }
    case 2:
      return { kind: 'slowHandshake', ...session, delayMs: chance.between(500, 4_000) }
    case 3:
    case 4:
      return {
        kind: 'dropSession',
        ...moment,
        ...(chance.percent(50) && { closeCode: chance.of([1000, 1001, 1011]) }),
      }
    case 5:
      return { kind: 'resetSession', ...moment }
    case 6:
      return { kind: 'stall', ...moment }
    case 7:
      return { kind: 'halfOpen', ...moment }
    case 8:
      return { kind: 'serverError', ...moment }
    case 9:
      return { kind: 'garbage', ...moment, form: chance.of(garbageForms), count: chance.between(1, 12) }
    case 10:
      return { kind: 'hugeDelta', ...moment, messageBytes: chance.of([20_000, 300_000, 1_500_000]) }
    case 11:
      return { kind: 'flood', ...moment, count: chance.of([100, 1_000, 6_000]) }
    default:
      return chance.percent(30)
        ? { kind: 'fatalError', ...moment, code: chance.of(['insufficient_quota', 'account_deactivated']) }
        : { kind: 'noReply', from: chance.between(1, 3), count: chance.between(1, 2) }
  }
}

function restFault(chance: Chance): Rest {
  const answer = chance.of(['429', '500', '503', 'none'] as const)
  return { request: 'hangUp', answer, ...(chance.percent(70) && { count: chance.between(1, 2) }) }
}
