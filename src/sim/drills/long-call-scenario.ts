import { type Scenario, type ScenarioInput, scenarioFrom } from '../scenario.ts'

/** Sessions of the provider that the call outlives, each as long as the others. */
export const SESSIONS = 3
/** Between the end of a question and the first sound of its answer. */
export const THINK_MS = 300

/** One exchange: a question, an answer of one of these lengths, and as long until the next question. */
const QUESTION_MS = 1_500
const ANSWERS_MS = [8_000, 20_000, 30_000, 34_000] as const
const QUIET_MS = 8_000
/** What is added to them: the pause that ends a question, and the time to think. */
const EXCHANGE_MS = QUESTION_MS + 1_000 + 23_000 + QUIET_MS
/** The fake's voice makes so many a second of any text. */
const CHARACTERS_PER_SECOND = 15
const FILLER = ' And so on, and so forth.'
/** Every so many questions the model asks for a tool before it answers. */
const TOOL_EVERY = 8

type Steps = ScenarioInput['caller']['steps']
type Replies = ScenarioInput['model']['replies']

/** What the n-th question and its answer are, as they stand in the transcript. */
export function wordsOf(exchange: number): { readonly question: string; readonly answer: string } {
  return { question: `Question ${exchange}?`, answer: `Answer ${exchange}.` }
}

/** A caller and a model that talk at intervals for as long as the call is to last. */
export function longScenario(seed: number, callMs: number): Scenario {
  const exchanges = Array.from({ length: Math.ceil(callMs / EXCHANGE_MS) }, (_, index) => index)
  return scenarioFrom({
    name: 'long-call',
    about: 'A caller who has very many questions.',
    seed,
    call: { delays: { toServerMs: 20, toClientMs: 20 } },
    caller: {
      steps: [
        { do: 'waitForReply', ms: 500 },
        { do: 'waitForQuiet', ms: 1_000 },
        ...exchanges.flatMap(ask),
        { do: 'hangUp' },
      ],
    },
    model: {
      delays: { toServerMs: 40, toClientMs: 40 },
      handshakeMs: 200,
      lastsMs: callMs / SESSIONS,
      hears: exchanges.map((exchange) => wordsOf(exchange).question),
      replies: exchanges.flatMap(answer),
    },
  })
}

function ask(): Steps {
  return [
    { do: 'noise', ms: QUESTION_MS, dbfs: -20 },
    { do: 'waitForReply', ms: 300 },
    { do: 'waitForQuiet', ms: QUIET_MS, withinMs: 120_000 },
  ]
}

function answer(exchange: number): Replies {
  const lengthMs = ANSWERS_MS[exchange % ANSWERS_MS.length] ?? QUIET_MS
  const say = wordsOf(exchange).answer.padEnd((lengthMs * CHARACTERS_PER_SECOND) / 1_000, FILLER)
  const spoken = { say, thinkMs: THINK_MS }
  if (exchange % TOOL_EVERY !== 1) return [spoken]
  const calls = [{ name: 'opening_hours', arguments: { question: exchange } }]
  return [{ preamble: 'Let me see.', thinkMs: THINK_MS, calls }, spoken]
}
