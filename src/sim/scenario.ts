import { z } from 'zod'
import { type CallerScript, type CallerStep, scenarioCaller } from './caller/script.ts'
import { modelScriptSchema } from './openai/model-script.ts'
import { webSearchSchema } from './openai/web-searches.ts'
import { phoneSchema } from './phones.ts'
import { restFaultSchema } from './twilio/rest-faults.ts'

const delayMs = z.number().min(0).max(60_000)

const scenario = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  /** One sentence for people who choose a scenario. */
  about: z.string().min(1).max(200),
  seed: z.int().min(0),
  call: z
    .strictObject({
      from: z.string().optional(),
      stirVerstat: z.string().optional(),
      /** How long media messages are under way, where there is no network that decides it. */
      delays: z.strictObject({ toServerMs: delayMs, toClientMs: delayMs }).optional(),
    })
    .default({}),
  caller: scenarioCaller,
  model: modelScriptSchema,
  /** What happens at telephones that are called, for every call from then on. */
  phones: z.array(phoneSchema).max(20).optional(),
  /** What the web search finds, for every call from then on. */
  web: z.array(webSearchSchema).max(100).optional(),
  /** Requests to Twilio's REST interface that go wrong while the call lives. */
  rest: z.array(restFaultSchema).max(100).optional(),
})

/** One rehearsed call: what the caller does, and what the model hears and says. */
export type Scenario = z.output<typeof scenario>

/** A scenario as code writes it: defaults may be left out. */
export type ScenarioInput = z.input<typeof scenario>

/** A scenario that is not read from a file. */
export function scenarioFrom(input: ScenarioInput): Scenario {
  return scenario.parse(input)
}

/** A scenario file that cannot be used. */
export class ScenarioError extends Error {
  readonly code = 'SCENARIO'
}

/**
 * Reads a scenario from the text of its file.
 * @throws ScenarioError naming the file and every field that is wrong
 */
export function parseScenario(file: string, text: string): Scenario {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ScenarioError(`Cannot read scenario ${file}: it is not JSON`, { cause: error })
  }
  const parsed = scenario.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new ScenarioError(`Cannot use scenario ${file}: ${problems.join('; ')}`)
}

/**
 * What the caller of a scenario does, with the owner's PIN where it is keyed in.
 * @throws ScenarioError when nobody here knows the PIN
 */
export function withPin({ name, caller }: Scenario, pin: string | undefined): CallerScript {
  const steps = caller.steps.map((step): CallerStep => {
    if (step.do !== 'pressPin') return step
    if (pin === undefined) throw new ScenarioError(`Cannot play scenario ${name}: the PIN is not known here`)
    return { do: 'press', digits: `${pin}#` }
  })
  return { ...caller, steps }
}

/** A call in which the caller plays one recording, listens to the reply and hangs up. */
export function recordingScenario(clip: string): Scenario {
  return scenarioFrom({
    name: clip,
    about: 'A caller plays a recording and listens to the reply.',
    seed: 1,
    caller: {
      steps: [
        { do: 'waitForReply', ms: 500 },
        { do: 'waitForQuiet', ms: 600 },
        { do: 'speak', clip, text: '' },
        { do: 'waitForReply', ms: 500 },
        { do: 'waitForQuiet', ms: 1_500 },
        { do: 'hangUp' },
      ],
    },
    // What a recording says is not known here; this reply fits most of what people say first.
    model: {
      hears: ['(the recording)'],
      replies: [
        {
          say: 'Gladly. Who is calling, and what should I pass on?',
          clip: 'model-ask-message',
          thinkMs: 300,
        },
      ],
    },
  })
}
