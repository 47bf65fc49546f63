import type { Proposal } from '../../src/policy/confirmation.ts'
import type { DeskEvent } from '../../src/policy/confirmation-desk.ts'
import type { DeskEffect } from '../../src/policy/desk.ts'
import type { Happening } from './dialogue.ts'

type EventOf<Kind extends DeskEvent['kind']> = Extract<DeskEvent, { kind: Kind }>
type EffectOf<Kind extends DeskEffect['kind']> = Extract<DeskEffect, { kind: Kind }>

/** What every utterance of the dialogues is: the judge reads no words by himself. */
const saysYes = /^(Yes\.|Yes, please do\.|Go ahead\.|Sure, do it now\.)$/
const saysNo = /^(No\.|Yes, wait\.|Don't!|Never mind\.)$/

/**
 * Looks for breaches of the protocol in what happened, and explains every run from the events alone: a question that
 * was heard, a yes that counts, nothing against it. Knows nothing of the desk's own state.
 */
export function breaches(story: readonly Happening[]): string[] {
  return [...runBreaches(story), ...questionBreaches(story), ...endBreaches(story)]
}

/** The events of a kind before a place in the story. */
function eventsOf<Kind extends DeskEvent['kind']>(story: readonly Happening[], kind: Kind): EventOf<Kind>[] {
  return story.flatMap(({ event }) => (event?.kind === kind ? [event as EventOf<Kind>] : []))
}

function effectsOf<Kind extends DeskEffect['kind']>(
  story: readonly Happening[],
  kind: Kind,
): EffectOf<Kind>[] {
  return story.flatMap(({ effect }) => (effect?.kind === kind ? [effect as EffectOf<Kind>] : []))
}

function runBreaches(story: readonly Happening[]): string[] {
  const found: string[] = []
  const ran = new Set<string>()
  for (const [place, { effect, atMs }] of story.entries()) {
    if (effect?.kind !== 'run') continue
    if (ran.has(effect.id)) found.push(`${effect.id} ran twice`)
    ran.add(effect.id)
    const before = story.slice(0, place)
    const made = eventsOf(before, 'proposed').find(({ proposal }) => proposal.id === effect.id)?.proposal
    if (!made || made.hash !== effect.hash || made.arguments !== effect.arguments)
      found.push(`${effect.id} is not what was proposed`)
    else if (!wasApproved(before, made, atMs)) found.push(...answerBreaches(before, made))
  }
  return found
}

/** Whether the run comes with an approval by a key, at this very moment. */
function wasApproved(before: readonly Happening[], { id, hash }: Proposal, atMs: number): boolean {
  const last = before.findLast(({ event }) => event !== undefined)?.event
  return last?.kind === 'approved' && last.id === id && last.hash === hash && last.atMs === atMs
}

function answerBreaches(before: readonly Happening[], made: Proposal): string[] {
  const askedAt = before.findLastIndex(({ effect }) => effect?.kind === 'ask' && effect.id === made.id)
  const ask = before[askedAt]?.effect
  if (ask?.kind !== 'ask') return [`${made.id} ran without a question`]
  const since = before.slice(askedAt)
  const heard = heardAt(since, ask)
  if (heard === undefined) return [`${made.id} ran without being heard`]
  const after = since.slice(heard.place + 1)
  const found: string[] = []
  if (!hasYes(before, after, { made, heardMs: heard.atMs })) found.push(`${made.id} ran without a yes`)
  if (hasNo(before, after, { made, heardMs: heard.atMs })) found.push(`${made.id} ran against a no`)
  if (eventsOf(after, 'ended').length > 0) found.push(`${made.id} ran after the end`)
  if (isSuperseded(before, made)) found.push(`${made.id} ran although it was superseded`)
  return found
}

/** Whether a later response proposed the same tool with other arguments, and did not merely repeat what was open. */
function isSuperseded(before: readonly Happening[], made: Proposal): boolean {
  const madeAt = before.findIndex(({ event }) => event?.kind === 'proposed' && event.proposal.id === made.id)
  return before.some(({ event }, at) => {
    if (at <= madeAt || event?.kind !== 'proposed') return false
    const { proposal: later } = event
    const prior = before.slice(0, at)
    const responses = eventsOf(prior, 'proposed').filter(({ proposal }) => proposal.hash === made.hash)
    const isLater = responses.every(({ proposal }) => proposal.responseId !== later.responseId)
    const isOther = later.tool === made.tool && later.hash !== made.hash
    return isLater && isOther && isTaken(before, at) && !repeats(prior, later)
  })
}

/** Whether the proposal at a place was answered with a question or the PIN: others change nothing. */
function isTaken(story: readonly Happening[], place: number): boolean {
  const next = story.findIndex(({ event }, at) => at > place && event !== undefined)
  const answers = effectsOf(story.slice(place + 1, next < 0 ? undefined : next), 'answerTool')
  return answers.some(({ output }) => output.status.endsWith('_required'))
}

/** Whether a proposal is equal to one whose end the model was not told yet. */
function repeats(prior: readonly Happening[], later: Proposal): boolean {
  const told = new Set(effectsOf(prior, 'tell').map(({ callId }) => callId))
  return prior.some(({ event }, at) => {
    if (event?.kind !== 'proposed' || !isTaken(prior, at)) return false
    const { hash, sessionId, actorId, callId } = event.proposal
    const isEqual = hash === later.hash && sessionId === later.sessionId && actorId === later.actorId
    return isEqual && !told.has(callId)
  })
}

/** Where in the story, and when, the mark of a question came back that had been spoken whole, in time and as written. */
function heardAt(
  since: readonly Happening[],
  ask: EffectOf<'ask'>,
): { readonly place: number; readonly atMs: number } | undefined {
  const isOfIt = (event: DeskEvent | undefined): boolean =>
    event !== undefined && 'attempt' in event && event.id === ask.id && event.attempt === ask.attempt
  const started = since.findIndex(({ event }) => event?.kind === 'questionStarted' && isOfIt(event))
  const sentPlace = since.findIndex(({ event }) => event?.kind === 'questionSent' && isOfIt(event))
  const sent = since[sentPlace]?.event
  const place = since.findIndex(
    ({ event }, at) => at > sentPlace && event?.kind === 'questionMark' && isOfIt(event),
  )
  const mark = since[place]
  const first = since[started]
  if (sent?.kind !== 'questionSent' || !mark || !first || started > sentPlace) return undefined
  const spoken = (sent.spoken ?? '').toLowerCase() === ask.text.toLowerCase() || ask.way === 'server'
  const cleared = since.slice(started, place).some(({ event }) => event?.kind === 'cleared')
  const inTime =
    mark.atMs - first.atMs >= 0.8 * sent.audioMs && mark.atMs <= first.atMs + sent.audioMs + 5_000
  return spoken && !cleared && inTime ? { place, atMs: mark.atMs } : undefined
}

type Hearing = { readonly made: Proposal; readonly heardMs: number }

function hasYes(before: readonly Happening[], after: readonly Happening[], hearing: Hearing): boolean {
  const { heardMs } = hearing
  const keys = eventsOf(after, 'key').filter(({ key, atMs }) => key === '1' && atMs <= heardMs + 30_000)
  const spoken = eventsOf(after, 'transcript').filter(
    (said) => saysYes.test(said.text) && counts(before, said, hearing),
  )
  return keys.length + spoken.length > 0
}

function hasNo(before: readonly Happening[], after: readonly Happening[], hearing: Hearing): boolean {
  const keys = eventsOf(after, 'key').some(({ key }) => key === '2')
  return (
    keys ||
    eventsOf(after, 'transcript').some((said) => saysNo.test(said.text) && counts(before, said, hearing))
  )
}

/** Whether an utterance began on the caller's track of this session, in time, and was understood in time. */
function counts(
  before: readonly Happening[],
  said: EventOf<'transcript'>,
  { made, heardMs }: Hearing,
): boolean {
  const started = eventsOf(before, 'speechStarted').find(({ itemId }) => itemId === said.itemId)
  const stopped = endOf(before, said.itemId)
  // The words of an item come once; whatever comes again is none of them.
  const first = before.find(
    ({ event }) =>
      (event?.kind === 'transcript' || event?.kind === 'transcriptFailed') && event.itemId === said.itemId,
  )
  if (!started || first?.event !== said) return false
  const understoodInTime = stopped ? said.atMs <= stopped.atMs + 5_000 : said.atMs <= started.atMs + 30_000
  const isOfSession = started.sessionId === made.sessionId
  const isInTime = started.atMs >= heardMs + 200 && started.atMs <= heardMs + 30_000
  return isOfSession && isInTime && understoodInTime
}

/** The end of something the caller said; what takes longer than thirty seconds was given up before. */
function endOf(before: readonly Happening[], itemId: string): EventOf<'speechStopped'> | undefined {
  const started = eventsOf(before, 'speechStarted').find((one) => one.itemId === itemId)
  const stopped = eventsOf(before, 'speechStopped').find((one) => one.itemId === itemId)
  return started && stopped && stopped.atMs < started.atMs + 30_000 ? stopped : undefined
}

/** One question at a time, three for each record, none into the caller's words. */
function questionBreaches(story: readonly Happening[]): string[] {
  const found: string[] = []
  const attempts = new Map<string, number>()
  for (const [place, { effect, atMs }] of story.entries()) {
    if (effect?.kind !== 'ask') continue
    const attempt = (attempts.get(effect.id) ?? 0) + 1
    attempts.set(effect.id, attempt)
    if (attempt > 3 || attempt !== effect.attempt) found.push(`${effect.id} was asked ${attempt} times`)
    const before = story.slice(0, place)
    if (isCallerUnheard(before, atMs)) found.push(`${effect.id} was asked into the caller's words`)
  }
  return found
}

/** Whether something the caller began to say has no words yet, in the session that lives, and may still get them. */
function isCallerUnheard(before: readonly Happening[], atMs: number): boolean {
  const ended = before.findLastIndex(({ event }) => event?.kind === 'ended')
  const living = before.slice(ended + 1)
  const known = new Set(
    [...eventsOf(living, 'transcript'), ...eventsOf(living, 'transcriptFailed')].map(({ itemId }) => itemId),
  )
  const recent = eventsOf(living, 'speechStarted').slice(-8)
  return recent.some(({ itemId, atMs: startedMs }) => {
    const stopped = endOf(living, itemId)
    const dueMs = stopped ? stopped.atMs + 5_000 : startedMs + 30_000
    return !known.has(itemId) && atMs < dueMs
  })
}

/** A final state never changes, and the model hears of the end of each tool call once at most. */
function endBreaches(story: readonly Happening[]): string[] {
  const found: string[] = []
  const final = new Map<string, string>()
  for (const { record } of effectsOf(story, 'changed')) {
    const before = final.get(record.id)
    if (before !== undefined && before !== record.state)
      found.push(`${record.id} was ${before}, is ${record.state}`)
    if (record.state !== 'proposed' && record.state !== 'asked') final.set(record.id, record.state)
  }
  const told = effectsOf(story, 'tell').map(({ callId }) => callId)
  if (new Set(told).size !== told.length) found.push('A tool call ended twice')
  return found
}
