import { isQuestionComeBack, type Meaning } from './dialogue-words.ts'
import { allOf, type Happening, newsOf, type Of, type Story, TTL_MS } from './dialogue-story.ts'
import { sayings } from './dialogue-words.ts'

/** A question that was heard to its end. */
export type Hearing = { readonly place: number; readonly atMs: number; readonly question: string }

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
    return shown && { place: shown.place, atMs: shown.atMs, question: ask.text }
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
    ? { place: mark.place, atMs: mark.atMs, question: ask.text }
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

/** Places at which the caller said or keyed in a no, whenever they began to. */
export function denialsIn(story: Story, from: number, before: number): readonly number[] {
  return story.happenings.slice(0, before).flatMap((it, place) => {
    if (it.kind !== 'news' || place <= from) return []
    const { news, saying } = it
    const { channel, transcribes } = story.settings
    const isVoice = channel === 'voice'
    if (news.kind === 'key') return news.key === '2' && isVoice ? [place] : []
    if (saying?.meaning !== 'no') return []
    if (news.kind === 'message') return !isVoice && news.sessionId === story.sessionId ? [place] : []
    if (news.kind !== 'transcript' || !isVoice || !transcribes) return []
    return wordsOfTurn(story, { news, place, atMs: it.atMs }) ? [place] : []
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
  if (sinceHeardMs < REACTION_MS || sinceHeardMs > TTL_MS) return undefined
  return news.kind === 'transcript' ? said : 'unclear'
}

/** The turn whose words these are: begun on the caller's own track of this call, understood once and in time. */
function wordsOfTurn(
  story: Story,
  of: { readonly news: { readonly itemId: string }; readonly place: number; readonly atMs: number },
): { readonly startedAtMs: number } | undefined {
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
  return isKnown || isOver || of.atMs > dueAtMs ? undefined : { startedAtMs: started.atMs }
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
