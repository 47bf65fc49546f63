import { garbageForms, type ModelFault } from '../openai/model-fault.ts'
import type { ModelScript } from '../openai/model-script.ts'
import { type Scenario, type ScenarioInput, scenarioFrom } from '../scenario.ts'
import type { RestFault } from '../twilio/rest-faults.ts'

/** What is asked of a call after its fault. */
export type Expected =
  /** The model leg is lost at once: told, or speaking again, within three seconds. */
  | 'lost'
  /** Nothing says that the leg is lost but its silence, or it is not lost: no silence of more than three seconds. */
  | 'served'
  /** The next question is answered as if nothing had happened. */
  | 'answered'
  /** Nothing more can be done for the caller: call and session are over soon. */
  | 'gone'
  /** The goodbye has been said, and the call has to end. */
  | 'ends'

/** Something that goes wrong in one call. */
export type FaultCase = {
  readonly name: string
  readonly expected: Expected
  readonly model?: Partial<ModelScript>
  /** What the caller does instead of listening on. */
  readonly steps?: ScenarioInput['caller']['steps']
  readonly rest?: readonly RestFault[]
  /** So many sessions in a row are refused that the model counts as down, for other calls too. */
  readonly looksDown?: true
}

/** What a caller asks: a noise, under a name of its own, so that the log tells when it began. */
export const questionClip = 'drill-question'
/** Length of a question. */
export const QUESTION_MS = 500

const question = { do: 'speak', clip: questionClip, text: '' } as const

/** Somewhere in the first long reply. */
const midReply = { session: 1, duringReply: { reply: 1, audioMs: 500 } } as const

function model(name: string, expected: Expected, ...faults: readonly ModelFault[]): FaultCase {
  return { name, expected, model: { faults: [...faults] } }
}

/** A leg that is lost, and then this at the handshakes that try to replace it. */
function afterLoss(
  name: string,
  fault: Extract<ModelFault, { kind: 'refuseHandshake' | 'silentHandshake' }>,
  sessions: readonly number[],
): FaultCase {
  const faults: ModelFault[] = sessions.map((session) => ({ ...fault, session }))
  return model(name, 'lost', { kind: 'dropSession', ...midReply }, ...faults)
}

const once = [2]
const always = [2, 3, 4, 5, 6, 7, 8]
const refused = (status: '401' | '403' | '404' | '429' | '500') =>
  ({ kind: 'refuseHandshake', status }) as const

const modelCases: readonly FaultCase[] = [
  model('drop', 'lost', { kind: 'dropSession', ...midReply }),
  model('close 1011', 'lost', {
    kind: 'dropSession',
    ...midReply,
    closeCode: 1011,
    closeReason: 'server fault',
  }),
  model('drop while a reply is due', 'lost', {
    kind: 'dropSession',
    session: 1,
    duringReply: { reply: 1, audioMs: 0 },
  }),
  model('reset', 'lost', { kind: 'resetSession', ...midReply }),
  model('out of quota, closed', 'lost', { kind: 'fatalError', ...midReply, code: 'insufficient_quota' }),
  model('stall', 'served', { kind: 'stall', ...midReply }),
  model('half-open', 'served', { kind: 'halfOpen', ...midReply }),
  { name: 'a reply that never ends', expected: 'served', model: { replies: [{ never: true }] } },
  model('a reply that is swallowed', 'served', { kind: 'noReply', from: 1, count: 1 }),
  {
    name: 'out of quota, in response.done',
    expected: 'served',
    model: {
      replies: [{ ends: 'failed', error: { type: 'insufficient_quota', code: 'insufficient_quota' } }],
    },
  },
  model('server error', 'served', { kind: 'serverError', ...midReply }),
  ...garbageForms.map((form) => model(`garbage ${form}`, 'served', { kind: 'garbage', ...midReply, form })),
  model('a delta of nearly 1 MiB', 'served', { kind: 'hugeDelta', ...midReply, messageBytes: 1_040_000 }),
  model('a delta of more than 1 MiB', 'served', { kind: 'hugeDelta', ...midReply, messageBytes: 1_200_000 }),
  model('flood of rate limits', 'served', { kind: 'flood', ...midReply }),
  model('flood of unknown events', 'served', { kind: 'flood', ...midReply, of: 'unknownEvents' }),
  model('flood of audio', 'served', { kind: 'flood', ...midReply, of: 'audio' }),
  {
    name: 'late transcript',
    expected: 'served',
    model: { transcription: { when: 'after', delayMs: 3_000 } },
  },
  { name: 'no transcript', expected: 'served', model: { transcription: { when: 'never' } } },
  { name: 'failed transcript', expected: 'served', model: { transcription: { when: 'failed' } } },
]

const handshakeCases: readonly FaultCase[] = [
  model('slow handshake', 'answered', { kind: 'slowHandshake', session: 1, delayMs: 2_500 }),
  model('upgrade never answered', 'answered', { kind: 'silentHandshake', session: 1 }),
  model('429 once', 'answered', { ...refused('429'), session: 1 }),
  model('500 once', 'answered', { ...refused('500'), session: 1 }),
  model('401 always', 'answered', refused('401')),
  { ...model('500 always', 'answered', refused('500')), looksDown: true },
  afterLoss('drop, then upgrade never answered', { kind: 'silentHandshake' }, once),
  afterLoss('drop, then 401', refused('401'), once),
  afterLoss('drop, then 403', refused('403'), once),
  afterLoss('drop, then 404', refused('404'), once),
  afterLoss('drop, then 429 once', refused('429'), once),
  afterLoss('drop, then 500 once', refused('500'), once),
  { ...afterLoss('drop, then 429 always', refused('429'), always), looksDown: true },
  { ...afterLoss('drop, then 500 always', refused('500'), always), looksDown: true },
]

/** The caller says something during a spell, or after what they did, and is answered. */
function callerCase(name: string, ...steps: ScenarioInput['caller']['steps']): FaultCase {
  return { name, expected: 'answered', steps: [...steps, ...asks, { do: 'hangUp' }] }
}

const asks = [question, { do: 'waitForReply', ms: 300 }, { do: 'waitForQuiet', ms: 1_000 }] as const

const spellMs = 4_000

const callerCases: readonly FaultCase[] = [
  { name: 'vanish', expected: 'gone', steps: [{ do: 'vanish' }] },
  { name: 'hang-up without stop', expected: 'gone', steps: [{ do: 'hangUpWithoutStop' }] },
  {
    name: 'half-open caller',
    expected: 'gone',
    steps: [{ do: 'freeze' }, { do: 'waitForEnd', withinMs: 40_000 }],
  },
  callerCase('a frame of 4 MB', { do: 'sendHuge', bytes: 4_194_304 }, { do: 'pause', ms: 1_000 }),
  callerCase('a second start', { do: 'secondStart' }, { do: 'pause', ms: 1_000 }),
  callerCase('media out of order', { do: 'swapMedia', ms: spellMs }),
  callerCase('repeated media', { do: 'repeatMedia', ms: spellMs }),
  callerCase('repeated marks', { do: 'repeatMarks', ms: spellMs }),
  callerCase('timestamps leap forward', { do: 'jumpClock', byMs: 60_000 }),
  callerCase('timestamps leap back', { do: 'jumpClock', byMs: -5_000 }, { do: 'pause', ms: 1_000 }),
  callerCase('jitter of up to 300 ms', { do: 'jitter', ms: spellMs, upToMs: 300 }),
  callerCase('5 % of the frames lost', { do: 'randomLoss', ms: spellMs, share: 0.05 }),
  callerCase('half a second lost', { do: 'lose', ms: 500 }),
]

function hangUpCase(answer: RestFault['answer'], count?: number): FaultCase {
  const often = count === undefined ? 'always' : 'once'
  return {
    name: `hang-up by REST: ${answer === 'none' ? 'no answer' : answer} ${often}`,
    expected: 'ends',
    rest: [{ request: 'hangUp', answer, ...(count !== undefined && { count }) }],
    model: {
      replies: [{ preamble: 'Goodbye.', audioMs: 600, calls: [{ name: 'end_call', arguments: {} }] }],
    },
    steps: [{ do: 'waitForEnd', withinMs: 40_000 }],
  }
}

/** Everything that can go wrong in one call while others go on. */
export const faultCases: readonly FaultCase[] = [
  ...modelCases,
  ...handshakeCases,
  ...callerCases,
  ...(['429', '500', 'none'] as const).flatMap((answer) => [hangUpCase(answer, 1), hangUpCase(answer)]),
]

/** Calls of every sort, the first of which brings into memory for good what later ones share. */
export const warmUps: readonly FaultCase[] = [
  { name: 'none', expected: 'served' },
  model('401 always', 'answered', refused('401')),
  hangUpCase('429', 1),
]

/** The call that a fault meets. In a brief one the reply is short, and the caller asks again soon. */
export function scenarioOf(
  fault: FaultCase,
  caller: { readonly from: string; readonly brief: boolean; readonly seed: number },
): Scenario {
  const opening = [
    { do: 'waitForReply', ms: 500 },
    { do: 'waitForQuiet', ms: 700 },
  ] as const
  const listens = [
    { do: 'waitForReply', ms: 300 },
    { do: 'waitForQuiet', ms: caller.brief ? 1_000 : 6_000, withinMs: 60_000 },
    ...asks,
    { do: 'hangUp' },
  ] as const
  return scenarioFrom({
    name: 'drill-faults',
    about: `A call meets a fault: ${fault.name}.`.slice(0, 200),
    seed: caller.seed,
    call: { from: caller.from },
    caller: { steps: [...opening, question, ...(fault.steps ?? listens)] },
    model: {
      hears: [],
      replies: [
        { say: 'A long reply, of which much is left to say.', audioMs: caller.brief ? 1_500 : 5_000 },
      ],
      ...fault.model,
    },
    ...(fault.rest && { rest: [...fault.rest] }),
  })
}
