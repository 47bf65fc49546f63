import { isDeepStrictEqual } from 'node:util'
import { conductBreaches } from './dialogue-conduct.ts'
import { type Answer, answersTo, denialsOf, type Hearing, hearingOf } from './dialogue-hearing.ts'
import {
  allOf,
  beginningsOf,
  callsOf,
  hashOf,
  highRisk,
  newsOf,
  type Of,
  openTurns,
  overAt,
  type Story,
} from './dialogue-story.ts'
import type { CallStanding, EffectProof } from './gated-call.ts'

/** An effect at its place, with the hash of what was done. */
type Effect = { readonly place: number; readonly it: Of<'ran'>; readonly hash: string }

/** What made an effect right: a key of the API, or a yes to a question that was heard. */
type Consent = { readonly place: number; readonly atMs: number; readonly by: 'apiKey' | 'answer' }

/** The intent of what was agreed to is written so soon, or nothing is done. */
const COMMIT_MS = 5_000
/** A yes waits so long for other words that are on their way. */
const LAST_WORDS_MS = 2_000

/**
 * Looks for breaches of the protocol of confirmations in what was said, asked and done. Written from the protocol's own
 * text: knows nothing of the gate's state, and classifies no words, because whoever said them tells what they meant.
 */
export function breachesOf(story: Story): readonly string[] {
  const effects = allOf(story.happenings, 'ran').map(({ place, it }): Effect => ({
    place,
    it,
    hash: hashOf(it.tool, it.input),
  }))
  const uses = new Set<string>()
  const intents = new Set<string>()
  const found: string[] = []
  for (const effect of effects) {
    const { intentId } = effect.it
    const { confirmationId } = story.proofs.get(intentId ?? '') ?? {}
    if (intentId !== undefined && intents.has(intentId)) found.push('an intent led to two effects')
    if (confirmationId !== undefined && uses.has(confirmationId)) found.push('a confirmation was used twice')
    intents.add(intentId ?? '')
    uses.add(confirmationId ?? '')
    const complaint = complaintAbout(story, effect)
    if (complaint !== undefined) found.push(`${effect.it.tool} ${complaint}`)
  }
  return [...found, ...conductBreaches(story)]
}

function complaintAbout(story: Story, effect: Effect): string | undefined {
  const { tool, intentId } = effect.it
  const isAskedAbout = tool === 'web_research' && intentId !== undefined
  const isHigh = highRisk.includes(tool) || isAskedAbout
  if (!isProposed(story, effect)) return 'ran on what nobody proposed'
  const standings = standingsBefore(story, effect)
  if (!isHigh && tool !== 'take_message') return complaintAboutReading(story, effect, standings)
  const isClaimed = allOf(story.happenings.slice(0, effect.place), 'claimed').some(
    ({ it }) => it.intentId === intentId,
  )
  const proof = story.proofs.get(intentId ?? '')
  if (!isClaimed || !proof) return 'ran without an intent on disk'
  if (proof.tool !== tool || proof.hash !== effect.hash || proof.sessionId !== story.sessionId)
    return 'ran on an intent for something else'
  if (!isHigh) return undefined
  if (standings.some((standing) => isRequest(story, standing))) return undefined
  return complaintAboutConsent(story, effect, proof)
}

/** Low-risk: asked for by somebody strong enough; private words beside a stranger's do not leave without a yes. */
function complaintAboutReading(
  story: Story,
  effect: Effect,
  standings: readonly CallStanding[],
): string | undefined {
  const { tool } = effect.it
  // Anybody may say goodbye.
  if (tool === 'end_call') return undefined
  const weak = tool === 'web_research' ? ['S0'] : ['S0', 'S1']
  if (standings.every(({ strength }) => weak.includes(strength))) return 'ran for somebody too weak'
  if (tool !== 'web_research' || standings.some((standing) => isRequest(story, standing))) return undefined
  const before = story.happenings.slice(0, effect.place)
  const turnMs = lastWordsMs(story, effect.place)
  // What the model had not seen yet when it asked for this cannot leave in it.
  const asked = allOf(before, 'proposed').find(({ it }) => isDeepStrictEqual(it.input, effect.it.input))
  const proposed = allOf(before, 'proposed').map(({ it }) => it)
  // A call that comes again is given its former answer again.
  const mails = proposed.filter(
    (it, at) => it.tool === 'list_emails' && proposed.findIndex(({ callId }) => callId === it.callId) === at,
  )
  const isRead = allOf(before.slice(0, asked?.place), 'answered').some(
    ({ it }) =>
      it.status === 'done' &&
      mails.some(({ number }) => number === it.number) &&
      (turnMs === undefined || it.atMs >= turnMs),
  )
  return isRead ? 'carried private words out of the house' : undefined
}

function complaintAboutConsent(story: Story, effect: Effect, proof: EffectProof): string | undefined {
  const { place, hash } = effect
  const id = proof.confirmationId
  if (id === undefined) return 'ran without a confirmation'
  if (proof.state !== 'confirmed') return `ran on a confirmation that is ${proof.state ?? 'nowhere'}`
  const stored = allOf(story.happenings.slice(0, place), 'stored').find(({ it }) => it.id === id)
  if (stored?.it.hash !== hash) return 'ran on a confirmation of something else'
  const consent = approvalOf(story, { id, hash, place }) ?? yesTo(story, { id, place })
  if (typeof consent === 'string') return consent
  const claim = allOf(story.happenings, 'claimed').find(({ it }) => it.confirmationId === id)
  if (proof.decidedAtMs === undefined || (claim && claim.it.atMs > proof.decidedAtMs + COMMIT_MS))
    return 'ran long after it was agreed to'
  return (
    complaintAboutTime(story, { id, effect, consent }) ??
    complaintAboutStanding(story, { effect, consent }) ??
    (consent.by === 'answer' ? complaintAboutLastWords(story, { id, effect, consent }) : undefined)
  )
}

/** A key of the API approved what was open, by naming its hash. */
function approvalOf(
  story: Story,
  { id, hash, place }: { readonly id: string; readonly hash: string; readonly place: number },
): Consent | undefined {
  const over = overAt(story.happenings, id)?.place ?? Infinity
  const before = story.happenings.slice(0, place)
  // One that came after a yes is told that there is nothing left to approve.
  const accepted = allOf(before, 'verdict').find(({ it }) => it.id === id && it.verdict === 'accepted')
  const approval = newsOf(before.slice(0, accepted?.place ?? 0), 'approved').findLast(
    ({ news, place: at }) => news.id === id && news.hash === hash && at < over,
  )
  return approval && { place: approval.place, atMs: approval.atMs, by: 'apiKey' }
}

/** The caller's yes: the first answer to the question as it was heard last. */
function yesTo(
  story: Story,
  { id, place }: { readonly id: string; readonly place: number },
): Consent | string {
  const hearing: Hearing | undefined = hearingOf(story, id, place)
  if (!hearing) return 'ran although its question was not heard'
  const [first]: readonly (Answer | undefined)[] = answersTo(story, hearing, place)
  if (!first) return 'ran without an answer'
  return first.meaning === 'yes'
    ? { place: first.place, atMs: first.atMs, by: 'answer' }
    : `ran on an answer that was ${first.meaning}`
}

/** Between the proposal and its yes the session did not end, nor was something else proposed in its place. */
function complaintAboutTime(
  story: Story,
  { id, effect, consent }: { readonly id: string; readonly effect: Effect; readonly consent: Consent },
): string | undefined {
  const { happenings } = story
  const calls = callsOf(happenings, id)
  const answered = allOf(happenings, 'answered').find(
    ({ it }) => it.callId === calls[0] && it.status === 'waits',
  )
  const from = answered?.place ?? 0
  const ends = newsOf(happenings.slice(0, effect.place), 'ended')
  const final = ['hungUp', 'stopping']
  if (ends.some(({ place, news }) => (place > from && place < consent.place) || final.includes(news.reason)))
    return 'ran after the end of its session'
  const responses = new Set(
    allOf(happenings, 'proposed').flatMap(({ it }) => (calls.includes(it.callId) ? [it.responseId] : [])),
  )
  const isLater = ({ place, it }: { readonly place: number; readonly it: Of<'answered'> }): boolean => {
    const other = allOf(happenings, 'proposed').find((one) => one.it.callId === it.callId)
    const isStored = allOf(happenings, 'stored').some((one) => one.it.callId === it.callId)
    return (
      place < consent.place &&
      it.status === 'waits' &&
      isStored &&
      other !== undefined &&
      other.place > from &&
      other.it.tool === effect.it.tool &&
      hashOf(other.it.tool, other.it.input) !== effect.hash &&
      !responses.has(other.it.responseId)
    )
  }
  return allOf(happenings, 'answered').some(isLater)
    ? 'ran although other arguments were proposed'
    : undefined
}

/** Whatever spoke against it all the time from the yes to the effect was looked at, or should have been. */
function complaintAboutStanding(
  story: Story,
  { effect, consent }: { readonly effect: Effect; readonly consent: Consent },
): string | undefined {
  const { happenings, settings } = story
  const during = happenings.slice(consent.place, effect.place)
  const before = happenings.slice(0, consent.place)
  if (allOf(before, 'broken').some(({ it }) => it.what === 'audit'))
    return 'ran although nothing can be recorded'
  const reaches = allOf(during, 'reach').map(({ it }) => it.reach)
  reaches.unshift(allOf(before, 'reach').at(-1)?.it.reach ?? { is: 'fine' })
  const hasNumber = effect.it.tool === 'make_call' || effect.it.tool === 'send_sms'
  if (hasNumber && reaches.every(({ is }) => is === 'refused' || is === 'fails'))
    return 'ran to somebody who may not be reached'
  const isSent = hasNumber || effect.it.tool === 'send_email'
  const isFirst = isSent && reaches.every(({ is }) => is === 'first')
  const standings = allOf(during, 'standing').map(({ it }) => it.standing)
  standings.unshift(standingAt(story, consent.place))
  if (standings.every(({ strength }) => strength === 'S0')) return 'ran for an outsider'
  if (standings.every(({ isInScope }) => !isInScope)) return 'ran out of scope'
  if (standings.every(({ limits }) => !limits.ok)) return 'ran over a limit'
  if (consent.by === 'apiKey') return undefined
  const { channel, verification, firstDestinations } = settings
  const needsPin = (strength: CallStanding['strength']): boolean =>
    (strength === 'S1' && verification !== 'caller_id') ||
    (isFirst && firstDestinations === 'pin' && strength !== 'S3')
  if (channel === 'voice' && standings.every(({ strength }) => needsPin(strength)))
    return 'ran without the PIN'
  if (
    channel === 'sms' &&
    standings.every(({ strength }) => verification !== 'caller_id' || needsPin(strength))
  )
    return 'ran on a message'
  return undefined
}

/** A no after the question and before the intent wins, whenever it began; and a yes waits for words on their way. */
function complaintAboutLastWords(
  story: Story,
  { id, effect, consent }: { readonly id: string; readonly effect: Effect; readonly consent: Consent },
): string | undefined {
  const hearing = hearingOf(story, id, consent.place)
  if (hearing && denialsOf(story, hearing, effect.place).length > 0) return 'ran against a no'
  const answers = hearing ? answersTo(story, hearing, effect.place) : []
  if (answers.some(({ meaning }) => meaning === 'change')) return 'ran against a change'
  const { decidedAtMs } = story.proofs.get(effect.it.intentId ?? '') ?? {}
  if (decidedAtMs !== undefined && decidedAtMs > consent.atMs + LAST_WORDS_MS)
    return 'waited too long after a yes'
  const { channel, transcribes } = story.settings
  if (channel !== 'voice' || !transcribes) return undefined
  const own = story.happenings[consent.place]
  const said = own?.kind === 'news' && 'itemId' in own.news ? own.news.itemId : undefined
  const open = openTurns(story.happenings, consent).filter(({ itemId }) => itemId !== said)
  const still = openTurns(story.happenings, { place: effect.place, atMs: effect.it.atMs })
  const isAwaited = open.some(({ itemId }) => still.some((one) => one.itemId === itemId))
  return isAwaited && effect.it.atMs < consent.atMs + LAST_WORDS_MS
    ? 'ran before other words were known'
    : undefined
}

function isProposed(story: Story, { place, it }: Effect): boolean {
  return allOf(story.happenings.slice(0, place), 'proposed').some(
    ({ it: made }) => made.tool === it.tool && isDeepStrictEqual(made.input, it.input),
  )
}

/** How somebody stood from when something was proposed first until it was done. */
function standingsBefore(story: Story, { place, it }: Effect): readonly CallStanding[] {
  const made = allOf(story.happenings, 'proposed').find(
    ({ it: one }) => one.tool === it.tool && isDeepStrictEqual(one.input, it.input),
  )
  const since = allOf(story.happenings.slice(made?.place ?? 0, place), 'standing')
  return [standingAt(story, made?.place ?? 0), ...since.map(({ it: { standing } }) => standing)]
}

function standingAt(story: Story, place: number): CallStanding {
  const last = allOf(story.happenings.slice(0, place), 'standing').at(-1)
  return last?.it.standing ?? { strength: 'S0', pin: 'open', isInScope: false, limits: { ok: true } }
}

function isRequest({ settings }: Story, { strength, isInScope }: CallStanding): boolean {
  return settings.channel === 'rest' && strength === 'S4' && isInScope
}

/** When the caller's last turn with words began. */
function lastWordsMs({ happenings }: Story, place: number): number | undefined {
  const before = happenings.slice(0, place)
  const begun = beginningsOf(before)
  const worded = newsOf(before, 'transcript').flatMap(({ news }) =>
    /[a-zа-я]/i.test(news.text) ? begun.filter(({ news: { itemId } }) => itemId === news.itemId) : [],
  )
  const written = newsOf(before, 'message').filter(({ news }) => /[a-zа-я]/i.test(news.text))
  const times = [...worded, ...written].map(({ atMs }) => atMs)
  return times.length === 0 ? undefined : Math.max(...times)
}
