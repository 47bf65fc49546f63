import { isQuestionComeBack, type Meaning } from './dialogue-words.ts'
import { allOf, type Happening, newsOf, type Of, type Story, TTL_MS } from './dialogue-story.ts'
import { sayings } from './dialogue-words.ts'

/** A question that was heard to its end. */
export type Hearing = {
  readonly place: number
  readonly atMs: number
  readonly question: string
  /** Where it was asked for. */
  readonly askedAt: number
}

/** Something the caller did that answers a question. */
export type Answer = { readonly place: number; readonly atMs: number; readonly meaning: Meaning }

const REACTION_MS = 200
const WORDS_MS = 5_000
const MARK_MS = 5_000
const SENT_MS = 20_000
const HEARD_SHARE = 0.8
const digitWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']

/** When the last question about a record before a place was heard: whole, as written, uncut, and with time enough. */
export function hearingOf(story: Story, id: string, before: number): Hearing | undefined {
  const asked = allOf(story.happenings.slice(0, before), 'asked').findLast(({ it }) => it.id === id)
  if (!asked) return undefined
  const { it: ask, place } = asked
  const since = story.happenings.slice(0, before)
  const isOfIt = (news: { readonly id: string; readonly attempt: number }, at: number): boolean =>
    at > place && news.id === ask.id && news.attempt === ask.attempt
  if (ask.way === 'written') {
    const shown = newsOf(since, 'questionShown').find(({ news, place: at }) => isOfIt(news, at))
    return shown && { place: shown.place, atMs: shown.atMs, question: ask.text, askedAt: place }
  }
  const begun = newsOf(since, 'questionStarted').find(({ news, place: at }) => isOfIt(news, at))
  const sent = newsOf(since, 'questionSent').find(({ news, place: at }) => isOfIt(news, at))
  if (!begun || !sent || begun.place > sent.place) return undefined
  const mark = newsOf(since, 'questionMark').find(
    ({ news, place: at }) => at > sent.place && isOfIt(news, at),
  )
  if (!mark) return undefined
  const { audioMs, spoken } = sent.news
  const isCut = since.slice(begun.place, mark.place).some((it) => isCutting(it, ask))
  const isTimely =
    audioMs > 0 &&
    sent.atMs <= ask.atMs + SENT_MS &&
    mark.atMs - begun.atMs >= HEARD_SHARE * audioMs &&
    mark.atMs <= begun.atMs + audioMs + MARK_MS
  const isVerbatim = ask.way === 'server' || soundOf(spoken ?? '') === soundOf(ask.text)
  return isTimely && isVerbatim && !isCut
    ? { place: mark.place, atMs: mark.atMs, question: ask.text, askedAt: place }
    : undefined
}

/** Every answer to a question that was heard, up to a place, in order; what comes too late or too early is none. */
export function answersTo(story: Story, hearing: Hearing, before: number): readonly Answer[] {
  return story.happenings.slice(0, before).flatMap((it, place) => {
    if (it.kind !== 'news' || place <= hearing.place) return []
    const meaning = meaningOf(story, { it, place }, hearing)
    return meaning === undefined ? [] : [{ place, atMs: it.atMs, meaning }]
  })
}

/**
 * Places at which the caller said no to a question that was heard, whenever they began to, or keyed it in: also while
 * the question was on its way.
 */
export function denialsOf(story: Story, hearing: Hearing, before: number): readonly number[] {
  return story.happenings.slice(0, before).flatMap((it, place) => {
    if (it.kind !== 'news' || place <= hearing.askedAt) return []
    const { news, saying } = it
    const { channel, transcribes } = story.settings
    const isVoice = channel === 'voice'
    if (news.kind === 'key') return news.key === '2' && isVoice ? [place] : []
    if (saying?.meaning !== 'no' || place <= hearing.place) return []
    if (news.kind === 'message') return !isVoice && news.sessionId === story.sessionId ? [place] : []
    if (news.kind !== 'transcript' || !isVoice || !transcribes) return []
    return wordsOfTurn(story, { news, place, atMs: it.atMs })?.isAtLast === false ? [place] : []
  })
}

function meaningOf(
  story: Story,
  { it, place }: { readonly it: Of<'news'>; readonly place: number },
  hearing: Hearing,
): Meaning | undefined {
  const { channel, transcribes } = story.settings
  const { news, atMs, saying = sayings.unclear[0] } = it
  const isTimely = atMs <= hearing.atMs + TTL_MS
  const isOwnVoice = channel === 'voice' && transcribes
  const said = saying && !isQuestionComeBack(saying, hearing.question) ? saying.meaning : undefined
  if (news.kind === 'key') {
    if (channel !== 'voice' || !isTimely) return undefined
    return news.key === '1' ? 'yes' : news.key === '2' ? 'no' : 'unclear'
  }
  if (news.kind === 'message')
    return channel !== 'voice' && news.sessionId === story.sessionId && isTimely ? said : undefined
  if (!isOwnVoice || (news.kind !== 'transcript' && news.kind !== 'transcriptFailed')) return undefined
  const turn = wordsOfTurn(story, { news, place, atMs })
  if (!turn) return undefined
  const sinceHeardMs = turn.startedAtMs - hearing.atMs
  if (sinceHeardMs > TTL_MS) return undefined
  // Words that began too early may be meant for something else: after them the question has to be put again.
  if (sinceHeardMs < REACTION_MS)
    return said !== undefined && /[a-zа-я]/i.test(saying?.text ?? '') ? 'unclear' : undefined
  // A change at the last moment may come too late to be one.
  return news.kind === 'transcriptFailed' || (turn.isAtLast && said === 'change') ? 'unclear' : said
}

/**
 * The turn whose words these are: begun on the caller's own track of this call, understood once and in time. At the last
 * moment they may count and need not.
 */
function wordsOfTurn(
  story: Story,
  of: { readonly news: { readonly itemId: string }; readonly place: number; readonly atMs: number },
): { readonly startedAtMs: number; readonly isAtLast: boolean } | undefined {
  const { itemId } = of.news
  const before = story.happenings.slice(0, of.place)
  const started = newsOf(before, 'speechStarted').find(({ news }) => news.itemId === itemId)
  if (!started || started.news.sessionId !== story.sessionId) return undefined
  const isKnown = [...newsOf(before, 'transcript'), ...newsOf(before, 'transcriptFailed')].some(
    ({ news }) => news.itemId === itemId,
  )
  const isOver = newsOf(before, 'ended').some(({ place }) => place > started.place)
  const stoppedAtMs = newsOf(before, 'speechStopped').find(({ news }) => news.itemId === itemId)?.atMs
  const isStopped = stoppedAtMs !== undefined && stoppedAtMs < started.atMs + 30_000
  const dueAtMs = isStopped ? stoppedAtMs + WORDS_MS : started.atMs + 30_000
  const isAtLast = of.atMs === dueAtMs
  return isKnown || isOver || of.atMs > dueAtMs ? undefined : { startedAtMs: started.atMs, isAtLast }
}

/** Why an asking came to nothing, where it was neither cut nor failed: in other words, or not heard. */
export function failureOf(
  story: Story,
  asked: { readonly place: number; readonly it: Of<'asked'> },
): 'misspoken' | 'unheard' | undefined {
  const { id, attempt, way, text } = asked.it
  const since = story.happenings.slice(asked.place + 1)
  const stop = since.findIndex((one) => (one.kind === 'stopped' || one.kind === 'asked') && one.id === id)
  if (since[stop]?.kind !== 'stopped') return undefined
  const during = since.slice(0, stop)
  const sent = newsOf(during, 'questionSent').find(({ news }) => news.id === id && news.attempt === attempt)
  if (way === 'model' && sent && soundOf(sent.news.spoken ?? '') !== soundOf(text)) return 'misspoken'
  const isHeard = hearingOf(story, id, asked.place + 1 + stop) !== undefined
  return isHeard || during.some((one) => isCutting(one, asked.it)) ? undefined : 'unheard'
}

/** What cuts a question: everything queued was thrown away, it failed, or the session ended. */
function isCutting(it: Happening, ask: Of<'asked'>): boolean {
  if (it.kind !== 'news') return false
  const { news } = it
  if (news.kind === 'questionFailed') return news.id === ask.id && news.attempt === ask.attempt
  return news.kind === 'cleared' || news.kind === 'ended'
}

function soundOf(text: string): string {
  const words = text.toLowerCase().split(/[^a-z0-9]+/)
  return words.map((word) => (digitWords.includes(word) ? digitWords.indexOf(word) : word)).join('')
}
