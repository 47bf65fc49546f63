import { type VirtualRehearsal, startVirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import type { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { toolRule } from '../../src/policy/tool-rules.ts'
import type { EventRecord } from '../../src/ports/agenda.ts'
import type { CompleteCall } from '../../src/ports/storage.ts'
import type { HandlerResult, ToolHandler, ToolInput } from '../../src/ports/tools.ts'
import type { CallerScriptInput } from '../../src/sim/caller/script.ts'
import type { ModelScript } from '../../src/sim/openai/model-script.ts'
import { scenarioFrom } from '../../src/sim/scenario.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { catalogue } from '../../src/tools/catalogue.ts'
import { offeredTools } from '../../src/tools/offered-tools.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'

export const owner = '+14155550101'
/** A text message that the owner wants sent. */
export const sms = { to_number: '+14155550123', body: 'I am on my way.' }
/** What the caller says, as it is transcribed. */
export const wish = 'Please text Ann that I am on my way.'
export const yes = 'Yes, please do.'
const passed = 'TN-Validation-Passed-A'

type Step = CallerScriptInput['steps'][number]

/** The owner is greeted, and asks for it. */
export const asksForSms: readonly Step[] = [
  { do: 'waitForReply', ms: 500 },
  { do: 'waitForQuiet', ms: 600 },
  { do: 'speak', clip: 'caller-text-ann', text: wish },
]
/** The question is heard to its end. */
export const hearsQuestion: readonly Step[] = [
  { do: 'waitForReply', ms: 3_000 },
  { do: 'waitForQuiet', ms: 800 },
]
export const saysYes: Step = { do: 'speak', clip: 'caller-yes', text: yes }
export const saysNo: Step = { do: 'speak', clip: 'caller-no', text: 'No, leave it.' }
/** Waits for what comes of it, and ends the call. */
export const hangsUp: readonly Step[] = [
  { do: 'waitForReply', ms: 300 },
  { do: 'waitForQuiet', ms: 2_500 },
  { do: 'hangUp' },
]

/** The model proposes the message, and says a word to each turn after that. */
export const proposesSms: ModelScript['replies'] = [
  { preamble: 'Let me see.', calls: [{ name: 'send_sms', arguments: sms }] },
  { say: 'All right.' },
  { say: 'It is sent.' },
]

/** One event that was sent to a session of the model. */
type Sent = { readonly sessionNumber: number; readonly type: string; readonly event: unknown }

/** What is known of an errand once its call is over. */
export type Errand = {
  readonly runs: readonly { readonly tool: string; readonly input: ToolInput; readonly atMs: number }[]
  readonly record: CompleteCall
  /** Messages that the network was given, and what stands in the calendar. */
  readonly texts: readonly { readonly to: string; readonly body: string }[]
  readonly events: readonly EventRecord[]
  readonly errors: readonly string[]
  /** Everything that was sent to the model but audio: type, and what tells it from others. */
  readonly sent: readonly Sent[]
  /** System items, and outputs of tools, as the first session was told them. */
  readonly told: readonly unknown[]
  /** The audit log in words. */
  readonly story: readonly string[]
  readonly isWhole: boolean
  /** Effects of which the owner is to be told at the next call. */
  readonly untold: number
  readonly lines: readonly string[]
}

/** Plays one call through a whole server on virtual time; its tools do what the test says. */
export async function playErrand(options: {
  readonly steps: readonly Step[]
  readonly model: Pick<ModelScript, 'hears' | 'replies'> & Partial<ModelScript>
  readonly call?: { readonly from?: string; readonly stirVerstat?: string }
  readonly env?: Readonly<Record<string, string>>
  readonly doing?: (run: {
    signal: AbortSignal
    wait: (ms: number) => Promise<void>
  }) => Promise<HandlerResult>
  /** The server's own tools do the work. */
  readonly ownTools?: boolean
  /** What the database holds before the server starts. */
  readonly before?: (records: Records) => Promise<void>
  readonly meanwhile?: (rehearsal: VirtualRehearsal) => Promise<void>
}): Promise<Errand> {
  using folder = temporaryFolder()
  const runs: { tool: string; input: ToolInput; atMs: number }[] = []
  const sent: Sent[] = []
  const lines: string[] = []
  const doing = options.doing ?? (async () => ({ kind: 'done', result: { sid: 'SM1' } }) as const)
  const world: { clock?: VirtualClock } = {}
  const wait = (ms: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    world.clock?.setTimer(ms, resolve)
    return promise
  }
  const handlerOf = (tool: string): ToolHandler => {
    return async (input, { signal }) => {
      runs.push({ tool, input, atMs: world.clock?.nowMs() ?? 0 })
      if (tool === 'end_call') return { kind: 'done', result: {}, next: 'endCall' }
      return await doing({ signal, wait })
    }
  }
  const handlers = new Map(catalogue.map(({ name }) => [name, handlerOf(name)]))
  const tools = offeredTools(catalogue, { riskOf: (name) => toolRule(name)?.risk, handlers })
  const fixed = { PORT: '0', MAX_LOOP_DELAY_MS: '60000', QUIET_HOURS: 'off' }
  const env = { ...fixed, DATA_DIR: folder.path }
  const logTo = { write: (line: string): void => void lines.push(line) }
  if (options.before) {
    await using records = await openedRecords(folder.path, { commits: 'loop' })
    await options.before(records)
  }
  const played = await (async () => {
    await using rehearsal = await startVirtualRehearsal({
      env: { ...env, ...options.env },
      ...(options.ownTools !== true && { tools }),
      logTo,
      inventsPin: false,
    })
    world.clock = rehearsal.virtual.clock
    rehearsal.world.watch(({ side, entry }) => {
      if (side === 'openai' && entry.kind === 'client' && entry.type !== 'input_audio_buffer.append')
        sent.push(entry)
    })
    const scenario = scenarioFrom({
      name: 'errand',
      about: 'Somebody wants something done.',
      seed: 1,
      call: { from: owner, stirVerstat: passed, ...options.call },
      caller: { steps: [...options.steps] },
      model: { transcription: { when: 'before' }, ...options.model },
    })
    return await rehearsal.virtual.time.until(
      (async () => {
        const { call, ended } = await rehearsal.world.ring(scenario)
        await options.meanwhile?.(rehearsal)
        const { summary } = await ended
        const texts = [...rehearsal.world.twilio.messages.values()].map(({ to, body }) => ({ to, body }))
        return { summary, texts, record: await rehearsal.record(call.sid) }
      })(),
    )
  })()
  await using records = await openedRecords(folder.path, { commits: 'loop' })
  const all = await records.audit.page({ afterSeq: 0, maxRecords: 1_000 })
  if (!played.record) throw new Error('The call left no record')
  return {
    runs,
    sent,
    lines,
    told: sent.flatMap(({ event, sessionNumber }) => (sessionNumber === 1 ? toldIn(event) : [])),
    texts: played.texts,
    events: await records.agenda.between({ fromMs: 0, toMs: 4_000_000_000_000, maxEvents: 10 }),
    record: played.record,
    errors: played.summary.errors,
    story: all
      .filter(({ session }) => session === played.summary.sid)
      .map(({ kind, data }) =>
        [kind, data.decision, data.state, data.reason, data.code, ...(data.reasons ?? [])]
          .filter((word) => word !== undefined)
          .join(' '),
      ),
    untold: (await records.effects.untold(9)).length,
    isWhole: (await records.audit.verify()).ok,
  }
}

/** What an item holds that the model is to know of. */
function toldIn(event: unknown): readonly unknown[] {
  const { item } = (event ?? {}) as {
    item?: { role?: string; output?: string; content?: { text?: string }[] }
  }
  const text = item?.role === 'system' ? item.content?.[0]?.text : item?.output
  return text === undefined ? [] : [JSON.parse(text)]
}

/** What the agent said, and the caller, in their order. */
export function saidIn({ record }: Errand): readonly string[] {
  return record.turns.map(({ speaker, text, interrupted }) => `${speaker}: ${text}${interrupted ? ' …' : ''}`)
}

/** What the model was told last, of any tool. */
export function statuses({ told }: Errand): readonly unknown[] {
  return told.map((item) => (typeof item === 'object' && item && 'status' in item ? item.status : item))
}

/** Questions as the caller heard them. */
export function questions(errand: Errand): readonly string[] {
  return saidIn(errand).filter((line) => line.startsWith('agent:') && line.includes('Shall I text'))
}

/** What marks the responses that speak a question. */
export function questionRequests({ sent }: Errand): readonly unknown[] {
  return sent.flatMap(({ event }) => {
    const { response } = event as { response?: { metadata?: Record<string, string>; tool_choice?: string } }
    const { reply: _reply, ...rest } = response?.metadata ?? {}
    return response?.tool_choice === 'none' ? [rest] : []
  })
}

/** The tools that a session was told of. */
export function toolsListed({ sent }: Errand, session = 1): readonly string[] {
  const update = sent.find((one) => one.type === 'session.update' && one.sessionNumber === session)
    ?.event as {
    session: { tools: readonly { name: string }[] }
  }
  return update.session.tools.map(({ name }) => name)
}
