import { BYTES_PER_MS } from '../caller/sounds.ts'
import type { RefusedEvent } from '../openai/session-record.ts'
import type { SimulatedCall } from './simulated-call.ts'

/** How much more a record may claim to have been heard than was played, for each time that it had to be estimated. */
const ESTIMATE_MS = 60

/** Between the decision to answer and the event that tells of it. */
const CREATED_MS = 50
/** Refusals, and the event that would have kept a client from asking for it, had it come a moment earlier. */
const CROSSING: Readonly<Record<string, string>> = {
  response_cancel_not_active: 'response.done',
  conversation_already_has_active_response: 'response.created',
}

/** What is wrong with the record of a call: it is to be whole, in order, and claim no more than was heard. */
export function judgeRecord(call: SimulatedCall): readonly string[] {
  const { record, summary } = call
  if (!record) return ['there is no record']
  const { ending, endedAtMs, status, durationSeconds } = record.call
  const open = [...record.streams, ...record.sessions].filter(
    (part) => part.endedAtMs === undefined || part.endReason === undefined,
  )
  const opened = summary.streams.filter((stream) => stream.saidFrames > 0)
  return [
    ...(ending === undefined || endedAtMs === undefined ? ['the record has no end'] : []),
    ...(ending === 'failed' ? ['the call counts as failed'] : []),
    ...(status === 'completed' && durationSeconds !== undefined ? [] : [`the record ends as ${status}`]),
    ...(open.length === 0 ? [] : [`${open.length} streams or sessions have no end in the record`]),
    ...(record.streams.length > opened.length ? ['the record has streams that never were'] : []),
    ...judgeTurns(call),
    ...judgeHangUps(call),
    ...judgeNetwork(call),
  ]
}

function judgeTurns({ record, summary, faults, mediaRoundMs }: SimulatedCall): readonly string[] {
  const turns = record?.turns ?? []
  const agent = turns.filter(({ speaker }) => speaker === 'agent')
  const heardMs = agent.reduce((sum, turn) => sum + (turn.heardMs ?? 0), 0)
  const playedMs = summary.streams.reduce((sum, stream) => sum + stream.playedBytes / BYTES_PER_MS, 0)
  const estimates = summary.streams.reduce((sum, stream) => sum + 1 + stream.clears.length, 0)
  // Who vanishes tells nothing any more of what is played, and nobody can know.
  const isGone = faults.some(({ fault }) => fault === 'freeze' || fault === 'vanish')
  const slackMs = estimates * (ESTIMATE_MS + 2 * mediaRoundMs)
  return [
    ...(turns.every(({ seq }, index) => seq === index) ? [] : ['turns are missing in the record']),
    ...(agent.every((turn) => turn.heardMs !== undefined) ? [] : ['a turn does not say how much was heard']),
    ...(isGone || heardMs <= playedMs + slackMs
      ? []
      : [`${heardMs} ms count as heard, ${playedMs} were played`]),
    ...(isGone || heardMs >= playedMs - slackMs
      ? []
      : [`only ${heardMs} ms count as heard, ${playedMs} were played`]),
  ]
}

/** An order that was refused for the number of requests was not carried out, and is given again. */
function judgeHangUps({ twilio }: SimulatedCall): readonly string[] {
  const orders = twilio.filter(
    (entry) => entry.kind === 'rest' && entry.method === 'POST' && entry.status !== 429,
  )
  return orders.length <= 1 ? [] : [`the hang-up was ordered ${orders.length} times`]
}

/** What either network had to refuse or could not read. */
function judgeNetwork(call: SimulatedCall): readonly string[] {
  const { summary, sessions } = call
  const refused = sessions
    .flatMap((session) => session.refused)
    .filter((event) => event.causeType !== '' && !crossed(call, event))
  const warnings = summary.streams.flatMap((stream) => stream.warnings)
  // 31903, 31920 and 31921: how a stream ended. Everything else is about what was sent on it.
  const bad = warnings.filter((code) => ![31_903, 31_920, 31_921].includes(code))
  const errors = summary.errors.filter((error) => !error.startsWith('Gave up'))
  return [
    ...refused.map(({ code, causeType }) => `the model refused ${causeType}: ${code}`),
    ...bad.map((code) => `Twilio warned of ${code}`),
    ...errors.map((error) => `Twilio met an error: ${error}`),
  ]
}

/** Whether an event was refused for what the model was just about to tell: they met on the way, and nobody is at fault. */
function crossed({ openai, modelRoundMs, updateMs }: SimulatedCall, { atMs, code }: RefusedEvent): boolean {
  const told = CROSSING[code ?? '']
  return openai.some(
    (entry) =>
      entry.kind === 'server' &&
      entry.type === told &&
      // What was sent behind an update is refused only when that has been worked on.
      Math.abs(entry.atMs - atMs) <= modelRoundMs + updateMs + CREATED_MS,
  )
}
