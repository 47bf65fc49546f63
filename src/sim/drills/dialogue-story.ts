import { createHash } from 'node:crypto'
import { canonicalJson } from '../../lib/canonical-json.ts'
import type { Saying } from './dialogue-words.ts'
import type { CallReach, CallSettings, CallStanding, EffectProof, GateDeed, LineNews } from './gated-call.ts'

/** One thing that happened in a dialogue, or that the gate did, at its virtual time. */
export type Happening = { readonly atMs: number } & (
  | {
      readonly kind: 'proposed'
      /** Tells proposals apart that have the same call id. */
      readonly number: number
      readonly callId: string
      readonly responseId: string
      readonly tool: string
      readonly input: Readonly<Record<string, unknown>>
    }
  | {
      readonly kind: 'answered'
      readonly number: number
      readonly callId: string
      readonly status: string
      readonly output: string
    }
  | { readonly kind: 'news'; readonly news: LineNews; readonly saying?: Saying | undefined }
  | { readonly kind: 'standing'; readonly standing: CallStanding }
  | { readonly kind: 'reach'; readonly reach: CallReach }
  | { readonly kind: 'broken'; readonly what: 'audit' | 'intents' }
  | { readonly kind: 'over' }
  | GateDeed
)

/** One kind of happening. */
export type Of<Kind extends Happening['kind']> = Extract<Happening, { kind: Kind }>

/** One kind of news. */
export type NewsOf<Kind extends LineNews['kind'], News = LineNews> = News extends {
  readonly kind: infer Kinds
}
  ? Kind extends Kinds
    ? News
    : never
  : never

/** A dialogue from its first word to its last, for whoever judges it. */
export type Story = {
  readonly sessionId: string
  readonly settings: CallSettings
  readonly happenings: readonly Happening[]
  /** What the disk says of each effect, by its intent. */
  readonly proofs: ReadonlyMap<string, EffectProof>
}

/** How long a question may be answered after it was heard. */
export const TTL_MS = 30_000

/** Tools that reach or change something outside. */
export const highRisk: readonly string[] = ['make_call', 'send_sms', 'send_email', 'calendar_create_event']

/** The happenings of a kind, each with its place. */
export function allOf<Kind extends Happening['kind']>(
  happenings: readonly Happening[],
  kind: Kind,
): readonly { readonly place: number; readonly it: Of<Kind> }[] {
  return happenings.flatMap((it, place) => (isOf(it, kind) ? [{ place, it }] : []))
}

/** The news of a kind, each with its place and time. */
export function newsOf<Kind extends LineNews['kind']>(
  happenings: readonly Happening[],
  kind: Kind,
): readonly { readonly place: number; readonly atMs: number; readonly news: NewsOf<Kind> }[] {
  return happenings.flatMap((it, place) =>
    it.kind === 'news' && isNews(it.news, kind) ? [{ place, atMs: it.atMs, news: it.news }] : [],
  )
}

/** SHA-256 of tool, NUL and the arguments in their one form. */
export function hashOf(tool: string, input: unknown): string {
  return createHash('sha256')
    .update(`${tool}\0${canonicalJson(input)}`)
    .digest('hex')
}

/** The call ids whose proposals one record took: the one that it was made of, and equal ones while it was open. */
export function callsOf(happenings: readonly Happening[], id: string): readonly string[] {
  const stored = allOf(happenings, 'stored').find(({ it }) => it.id === id)
  if (!stored) return []
  const { callId, hash } = stored.it
  const others = allOf(happenings, 'stored').filter(({ it }) => it.hash === hash && it.id !== id)
  const own = new Set(others.map(({ it }) => it.callId))
  const answers = allOf(happenings.slice(stored.place), 'answered')
  const joined = allOf(happenings, 'proposed').filter(
    ({ it }) =>
      hashOf(it.tool, it.input) === hash &&
      !own.has(it.callId) &&
      answers.some((one) => one.it.number === it.number),
  )
  return [callId, ...joined.map(({ it }) => it.callId)]
}

/** Where the model was told that a record is over: undefined while it is not. */
export function overAt(
  happenings: readonly Happening[],
  id: string,
): { readonly place: number; readonly it: Of<'told'> } | undefined {
  const callId = allOf(happenings, 'stored').find(({ it }) => it.id === id)?.it.callId
  return allOf(happenings, 'told').find(({ it }) => it.callId === callId)
}

/** Every item of the caller where it began first: what is said to begin again has not moved. */
export function beginningsOf(happenings: readonly Happening[]): ReturnType<typeof newsOf<'speechStarted'>> {
  const begun = newsOf(happenings, 'speechStarted')
  return begun.filter(
    ({ news, place }) => begun.find((one) => one.news.itemId === news.itemId)?.place === place,
  )
}

/** Turns of the caller that had begun before a place and whose words were not known there, nor given up. */
export function openTurns(
  happenings: readonly Happening[],
  { place, atMs }: { readonly place: number; readonly atMs: number },
): readonly { readonly itemId: string; readonly startedAtMs: number; readonly dueAtMs: number }[] {
  const before = happenings.slice(0, place)
  const from = newsOf(before, 'ended').at(-1)?.place ?? -1
  const known = new Set(
    [...newsOf(before, 'transcript'), ...newsOf(before, 'transcriptFailed')].map(({ news }) => news.itemId),
  )
  const begun = beginningsOf(before).filter(({ place: at }) => at > from)
  const open = begun.map(({ news: { itemId }, atMs: startedAtMs }) => {
    const stoppedAtMs = newsOf(before, 'speechStopped').find(({ news }) => news.itemId === itemId)?.atMs
    const isStopped = stoppedAtMs !== undefined && stoppedAtMs < startedAtMs + 30_000
    return { itemId, startedAtMs, dueAtMs: isStopped ? stoppedAtMs + 5_000 : startedAtMs + 30_000 }
  })
  return open.filter(({ itemId, dueAtMs }) => !known.has(itemId) && atMs < dueAtMs)
}

function isOf<Kind extends Happening['kind']>(it: Happening, kind: Kind): it is Of<Kind> {
  return it.kind === kind
}

function isNews<Kind extends LineNews['kind']>(news: LineNews, kind: Kind): news is NewsOf<Kind> {
  return news.kind === kind
}
