import type { Proposal } from '../../src/policy/confirmation.ts'
import { type EffectOf, effectsOf, eventsOf, type Happening, isCallerUnheard, isTaken } from './story.ts'

/** Three questions for each record, none into the caller's words, none too early, none about what another one asks. */
export function questionBreaches(story: readonly Happening[]): string[] {
  const found: string[] = []
  const attempts = new Map<string, number>()
  for (const [place, { effect, atMs }] of story.entries()) {
    if (effect?.kind !== 'ask') continue
    const attempt = (attempts.get(effect.id) ?? 0) + 1
    attempts.set(effect.id, attempt)
    if (attempt > 3 || attempt !== effect.attempt) found.push(`${effect.id} was asked ${attempt} times`)
    const before = story.slice(0, place)
    if (isCallerUnheard(before, atMs)) found.push(`${effect.id} was asked into the caller's words`)
    found.push(...proposalBreaches(before, effect))
  }
  const unheard = effectsOf(story, 'changed').filter(
    ({ record, reason }) => reason === 'unheard' && record.state === 'proposed',
  )
  const ids = unheard.map(({ record }) => record.id)
  if (new Set(ids).size !== ids.length) found.push('A question that was not heard twice was put again')
  return found
}

function proposalBreaches(before: readonly Happening[], { id }: EffectOf<'ask'>): string[] {
  const madeAt = before.findIndex(({ event }) => event?.kind === 'proposed' && event.proposal.id === id)
  const made = before[madeAt]?.event
  if (made?.kind !== 'proposed') return [`${id} was asked and never proposed`]
  const found: string[] = []
  const { proposal } = made
  if (proposal.answerBy === 'apiKey') found.push(`${id} was asked, a key of the API must approve it`)
  if (proposal.answerBy === 'callerWithPin' && eventsOf(before.slice(madeAt), 'pinRight').length === 0)
    found.push(`${id} was asked before the PIN`)
  if (hasTwin(before, proposal)) found.push(`${id} was asked beside its equal`)
  if (isTooSoon(before, madeAt, proposal)) found.push(`${id} was asked again without another turn`)
  return found
}

/** Whether an equal record was asked whose end the model was not told yet. */
function hasTwin(before: readonly Happening[], { id, hash, sessionId, actorId }: Proposal): boolean {
  const told = new Set(effectsOf(before, 'tell').map(({ callId }) => callId))
  const asked = new Set(effectsOf(before, 'ask').map((ask) => ask.id))
  return eventsOf(before, 'proposed').some(({ proposal: other }) => {
    const isEqual = other.hash === hash && other.sessionId === sessionId && other.actorId === actorId
    return other.id !== id && isEqual && asked.has(other.id) && !told.has(other.callId)
  })
}

/** Whether an equal proposal was settled before this one was made, and the caller began no turn with words since. */
function isTooSoon(before: readonly Happening[], madeAt: number, { hash }: Proposal): boolean {
  const calls = new Set(
    before
      .slice(0, madeAt)
      .flatMap(({ event }, at) =>
        event?.kind === 'proposed' && event.proposal.hash === hash && isTaken(before, at)
          ? [event.proposal.callId]
          : [],
      ),
  )
  const ended = before.findLast(
    ({ effect }, at) => at < madeAt && effect?.kind === 'tell' && calls.has(effect.callId),
  )
  // A run that was called back counts from its yes: the turn of the no may be the other turn.
  if (!ended || effectsOf(before.slice(0, madeAt), 'revoke').length > 0) return false
  return !eventsOf(before, 'transcript').some(({ itemId, text }) => {
    const started = eventsOf(before, 'speechStarted').find((one) => one.itemId === itemId)
    return started !== undefined && started.atMs >= ended.atMs && /[a-z0-9]/i.test(text)
  })
}
