import type { Proposal } from '../../src/policy/confirmation.ts'
import type { DeskEvent } from '../../src/policy/confirmation-desk.ts'
import {
  type EffectOf,
  effectsOf,
  endOf,
  type EventOf,
  eventsOf,
  type Happening,
  isCallerUnheard,
  isTaken,
  repeats,
} from './story.ts'

/** What every utterance of the dialogues is: the judge reads no words by himself. */
const saysYes = /^(Yes\.|Yes, please do\.|Go ahead\.|Sure, do it now\.)$/
const saysNo = /^(No\.|Yes, wait\.|Don't!|Never mind\.)$/

type Hearing = { readonly made: Proposal; readonly heardMs: number }

/** Explains every run by a question that was heard, a yes that counts, and nothing against it. */
export function runBreaches(story: readonly Happening[]): string[] {
  const found: string[] = []
  const ran = new Set<string>()
  for (const [place, { effect }] of story.entries()) {
    if (effect?.kind !== 'run') continue
    if (ran.has(effect.id)) found.push(`${effect.id} ran twice`)
    ran.add(effect.id)
    const before = story.slice(0, place)
    const made = eventsOf(before, 'proposed').find(({ proposal }) => proposal.id === effect.id)?.proposal
    if (!made || made.hash !== effect.hash || made.arguments !== effect.arguments)
      found.push(`${effect.id} is not what was proposed`)
    else if (!wasApproved(before, made)) found.push(...answerBreaches(story, place, made))
  }
  return found
}

/** Whether the run comes with an approval by a key, at this very moment. */
function wasApproved(before: readonly Happening[], { id, hash }: Proposal): boolean {
  const last = before.findLast(({ event }) => event !== undefined)?.event
  return last?.kind === 'approved' && last.id === id && last.hash === hash
}

function answerBreaches(story: readonly Happening[], place: number, made: Proposal): string[] {
  const before = story.slice(0, place)
  const askedAt = before.findLastIndex(({ effect }) => effect?.kind === 'ask' && effect.id === made.id)
  const ask = before[askedAt]?.effect
  if (ask?.kind !== 'ask') return [`${made.id} ran without a question`]
  const since = before.slice(askedAt)
  const heard = heardAt(since, ask)
  if (heard === undefined) return [`${made.id} ran without being heard`]
  const after = since.slice(heard.place + 1)
  const hearing = { made, heardMs: heard.atMs }
  const yes = yesAtMs(before, after, hearing)
  const found: string[] = []
  if (yes === undefined) found.push(`${made.id} ran without a yes`)
  else if (isCallerUnheard(before, before.at(-1)?.atMs ?? 0) && (before.at(-1)?.atMs ?? 0) - yes < 2_000)
    found.push(`${made.id} ran while words were awaited`)
  if (hasNo(before, after, hearing)) found.push(`${made.id} ran against a no`)
  if (eventsOf(after, 'ended').length > 0) found.push(`${made.id} ran after the end`)
  if (isSuperseded(before, made)) found.push(`${made.id} ran although it was superseded`)
  if (isUnrevoked(story, place, hearing)) found.push(`${made.id} went on against a no before its intent`)
  return found
}

/** Whether a no came between a run and its intent, and the run was not called back at once. */
function isUnrevoked(story: readonly Happening[], place: number, hearing: Hearing): boolean {
  const { id } = hearing.made
  for (let at = place + 1; at < story.length; at += 1) {
    const { event, effect } = story[at] ?? {}
    if (effect?.kind === 'revoke' && effect.id === id) return false
    if ((event?.kind === 'intentCommitted' || event?.kind === 'finished') && event.id === id) return false
    const isNo =
      (event?.kind === 'key' && event.key === '2' && event.atMs <= hearing.heardMs + 30_000) ||
      (event?.kind === 'transcript' &&
        saysNo.test(event.text) &&
        counts(story.slice(0, at + 1), event, hearing))
    if (isNo) return !isRevokedAt(story, at, id)
  }
  return false
}

/** Whether the step at a place calls a run back. */
function isRevokedAt(story: readonly Happening[], place: number, id: string): boolean {
  const next = story.findIndex(({ event }, at) => at > place && event !== undefined)
  return effectsOf(story.slice(place, next < 0 ? undefined : next), 'revoke').some(
    (revoke) => revoke.id === id,
  )
}

/** Whether a later response proposed the same tool with other arguments, and did not merely repeat what was open. */
function isSuperseded(before: readonly Happening[], made: Proposal): boolean {
  const madeAt = before.findIndex(({ event }) => event?.kind === 'proposed' && event.proposal.id === made.id)
  return before.some(({ event }, at) => {
    if (at <= madeAt || event?.kind !== 'proposed') return false
    const { proposal: later } = event
    const prior = before.slice(0, at)
    // A tool call that comes again is answered again and changes nothing.
    if (eventsOf(prior, 'proposed').some(({ proposal }) => proposal.callId === later.callId)) return false
    const responses = eventsOf(prior, 'proposed').filter(({ proposal }) => proposal.hash === made.hash)
    const isLater = responses.every(({ proposal }) => proposal.responseId !== later.responseId)
    const isOther = later.tool === made.tool && later.hash !== made.hash
    return isLater && isOther && isTaken(before, at) && !repeats(prior, later)
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
  return spoken && !cleared && inTime && sent.audioMs > 0 ? { place, atMs: mark.atMs } : undefined
}

/** When the last yes was said or keyed in that counts. */
function yesAtMs(
  before: readonly Happening[],
  after: readonly Happening[],
  hearing: Hearing,
): number | undefined {
  const keys = eventsOf(after, 'key').filter(
    ({ key, atMs }) => key === '1' && atMs <= hearing.heardMs + 30_000,
  )
  const spoken = eventsOf(after, 'transcript').filter(
    (said) => saysYes.test(said.text) && counts(before, said, hearing),
  )
  return [...keys, ...spoken].map(({ atMs }) => atMs).toSorted((one, other) => one - other)[0]
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
