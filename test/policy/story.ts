import type { Proposal } from '../../src/policy/confirmation.ts'
import type { DeskEvent } from '../../src/policy/confirmation-desk.ts'
import type { DeskEffect } from '../../src/policy/desk.ts'

/** One thing that happened at a desk, or that it did. */
export type Happening = { readonly atMs: number } & (
  | { readonly event: DeskEvent; readonly effect?: undefined }
  | { readonly effect: DeskEffect; readonly event?: undefined }
)

/** One kind of event. */
export type EventOf<Kind extends DeskEvent['kind']> = Extract<DeskEvent, { kind: Kind }>

/** One kind of effect. */
export type EffectOf<Kind extends DeskEffect['kind']> = Extract<DeskEffect, { kind: Kind }>

/** The events of a kind in a story. */
export function eventsOf<Kind extends DeskEvent['kind']>(
  story: readonly Happening[],
  kind: Kind,
): EventOf<Kind>[] {
  return story.flatMap(({ event }) => (event?.kind === kind ? [event as EventOf<Kind>] : []))
}

/** The effects of a kind in a story. */
export function effectsOf<Kind extends DeskEffect['kind']>(
  story: readonly Happening[],
  kind: Kind,
): EffectOf<Kind>[] {
  return story.flatMap(({ effect }) => (effect?.kind === kind ? [effect as EffectOf<Kind>] : []))
}

/** The end of something the caller said; what takes longer than thirty seconds was given up before. */
export function endOf(before: readonly Happening[], itemId: string): EventOf<'speechStopped'> | undefined {
  const started = eventsOf(before, 'speechStarted').find((one) => one.itemId === itemId)
  const stopped = eventsOf(before, 'speechStopped').find((one) => one.itemId === itemId)
  return started && stopped && stopped.atMs < started.atMs + 30_000 ? stopped : undefined
}

/** Whether something the caller began to say has no words yet, in the session that lives, and may still get them. */
export function isCallerUnheard(before: readonly Happening[], atMs: number): boolean {
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

/** Whether the proposal at a place was answered with a question or the PIN: others change nothing. */
export function isTaken(story: readonly Happening[], place: number): boolean {
  const next = story.findIndex(({ event }, at) => at > place && event !== undefined)
  const answers = effectsOf(story.slice(place + 1, next < 0 ? undefined : next), 'answerTool')
  return answers.some(({ output }) => output.status.endsWith('_required'))
}

/** Whether a proposal is equal to one whose end the model was not told yet. */
export function repeats(prior: readonly Happening[], later: Proposal): boolean {
  const told = new Set(effectsOf(prior, 'tell').map(({ callId }) => callId))
  return prior.some(({ event }, at) => {
    if (event?.kind !== 'proposed' || !isTaken(prior, at)) return false
    const { hash, sessionId, actorId, callId } = event.proposal
    const isEqual = hash === later.hash && sessionId === later.sessionId && actorId === later.actorId
    return isEqual && !told.has(callId)
  })
}
