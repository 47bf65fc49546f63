import { failureOf } from './dialogue-hearing.ts'
import {
  allOf,
  beginningsOf,
  callsOf,
  hashOf,
  newsOf,
  type Of,
  openTurns,
  overAt,
  type Story,
} from './dialogue-story.ts'

/** What a gate must not do even where no effect comes of it, each with the clause of the protocol. */
export function conductBreaches(story: Story): readonly string[] {
  return [
    ...allOf(story.happenings, 'asked').flatMap((asked) => complaintsAboutQuestion(story, asked)),
    ...allOf(story.happenings, 'answered').flatMap((answer) => complaintsAboutAnswer(story, answer)),
    ...allOf(story.happenings, 'stored').flatMap((stored) => complaintsAboutRecord(story, stored)),
    ...allOf(story.happenings, 'ran').flatMap((ran) => complaintsAboutGoodbye(story, ran)),
    ...complaintsAboutEnds(story),
  ]
}

const MAX_ASKINGS = 3
const MAX_WAITING = 3
/** Askings that may be misspoken before the model is not trusted with the question, or go unheard before it is over. */
const MAX_FAILURES = 2

type Placed<Kind extends Parameters<typeof allOf>[1]> = {
  readonly place: number
  readonly it: Of<Kind>
}

function complaintsAboutQuestion(story: Story, { place, it: ask }: Placed<'asked'>): readonly string[] {
  const { happenings } = story
  const before = happenings.slice(0, place)
  const stored = allOf(before, 'stored').find(({ it }) => it.id === ask.id)
  const made = allOf(before, 'proposed').find(({ it }) => it.callId === stored?.it.callId)
  if (!stored || !made) return ['asked about what nobody proposed']
  const former = allOf(before, 'asked').filter(({ it }) => it.id === ask.id)
  const others = allOf(before, 'asked').filter(({ it }) => it.id !== ask.id)
  const isOpenTurn = openTurns(happenings, { place, atMs: ask.atMs }).length > 0
  const { transcribes, channel } = story.settings
  const failures = former.map((one) => failureOf(story, one))
  const isUsedUp = (what: 'misspoken' | 'unheard'): boolean =>
    failures.filter((one) => one === what).length >= MAX_FAILURES
  return [
    ...textComplaints(ask.text, made.it),
    ...(ask.attempt === former.length + 1 && ask.attempt <= MAX_ASKINGS ? [] : ['asked too often']),
    ...(others.some((other) => !isSettled(story, other, place)) ? ['asked two questions at once'] : []),
    ...(isOpenTurn && transcribes && channel === 'voice' ? ['asked while the caller speaks'] : []),
    ...(overAt(before, ask.id) ? ['asked about what is over'] : []),
    ...(isTooSoon(story, { place, hash: stored.it.hash, id: ask.id })
      ? ['asked the same again although the caller said nothing more']
      : []),
    ...(lacksPin(story, { place, callId: made.it.callId }) ? ['asked before the PIN'] : []),
    ...(isKeyOnly(story) ? ['asked by message what only a key approves'] : []),
    ...(isUsedUp('unheard') ? ['asked again what was not heard twice'] : []),
    ...(isUsedUp('misspoken') && ask.way === 'model' ? ['let the model ask what it misspoke twice'] : []),
  ]
}

/** From the stored arguments: whom it reaches, the first words of what is sent, one question, no quotation marks. */
function textComplaints(text: string, { input }: Of<'proposed'>): readonly string[] {
  const number = input['to_number']
  const content = input['body'] ?? input['purpose'] ?? input['title']
  const lastFour = typeof number === 'string' ? number.slice(-4) : ''
  const digits = text.replaceAll(/[^0-9]/g, '')
  const [firstWord = ''] = typeof content === 'string' ? content.toLowerCase().split(/[^a-z]+/) : []
  const isSaid = digits.includes(lastFour) && text.toLowerCase().includes(firstWord)
  return [
    ...(isSaid ? [] : ['asked about something else']),
    ...(text.includes('?') && !text.includes('"') ? [] : ['asked in another form']),
  ]
}

/** Whether another question was out of the way: cut, over, or being done. */
function isSettled(story: Story, other: Placed<'asked'>, before: number): boolean {
  const { id } = other.it
  const since = story.happenings.slice(other.place, before)
  const isStopped = allOf(since, 'stopped').some(({ it }) => it.id === id)
  return isStopped || isBegun(since, id) || overAt(story.happenings.slice(0, before), id) !== undefined
}

function isBegun(since: Story['happenings'], id: string): boolean {
  return allOf(since, 'claimed').some(({ it }) => it.confirmationId === id)
}

/** After a record is over an equal one is not asked about before the caller has begun another turn with words. */
function isTooSoon(
  story: Story,
  { place, hash, id }: { readonly place: number; readonly hash: string; readonly id: string },
): boolean {
  const before = story.happenings.slice(0, place)
  const endsMs = endsOfEquals(before, { hash, id })
  if (endsMs.length === 0) return false
  const begun = beginningsOf(before)
  const spoken = newsOf(before, 'transcript').flatMap(({ news }) =>
    news.text.trim() === '' ? [] : begun.filter((turn) => turn.news.itemId === news.itemId),
  )
  // Without a transcription the end of the speech is all there is of a turn.
  const mute = newsOf(before, 'speechStopped').flatMap(({ news }) =>
    story.settings.transcribes ? [] : begun.filter((turn) => turn.news.itemId === news.itemId),
  )
  const turnsMs = [...spoken, ...mute, ...newsOf(before, 'message')].map(({ atMs }) => atMs)
  return !turnsMs.some((atMs) => atMs > Math.max(...endsMs))
}

/** Times at which records of the same thing came to their end. */
function endsOfEquals(
  before: Story['happenings'],
  { hash, id }: { readonly hash: string; readonly id: string },
): readonly number[] {
  const equals = allOf(before, 'stored').filter(({ it }) => it.hash === hash && it.id !== id)
  return equals.flatMap(({ it }) => {
    const over = overAt(before, it.id)?.it
    return over && over.status !== 'failed' && over.status !== 'unknown' ? [over.atMs] : []
  })
}

/** Whether a proposal waits that is equal to one that is over, although the caller has not even begun another turn. */
function isDecided(story: Story, { place, it }: Placed<'answered'>): boolean {
  const before = story.happenings.slice(0, place)
  const stored = allOf(before, 'stored').find((one) => one.it.callId === it.callId)
  const isRepeated = allOf(before, 'answered').some((one) => one.it.callId === it.callId)
  // By message a key may have to approve: it needs no turn of the caller.
  if (!stored || isRepeated || it.status !== 'waits' || story.settings.channel === 'sms') return false
  const endsMs = endsOfEquals(before.slice(0, stored.place), stored.it)
  const turns = [...beginningsOf(before), ...newsOf(before, 'message')]
  return endsMs.length > 0 && !turns.some(({ atMs }) => atMs >= Math.max(...endsMs))
}

function lacksPin(
  story: Story,
  { place, callId }: { readonly place: number; readonly callId: string },
): boolean {
  const before = story.happenings.slice(0, place)
  const answer = allOf(before, 'answered').find(({ it }) => it.callId === callId)
  if (!answer?.it.output.includes('pin_required')) return false
  const [right, refused] = [newsOf(before, 'pinRight'), newsOf(before, 'pinRefused')].map((all) =>
    all.find(({ place: at }) => at > answer.place),
  )
  return !right || (refused !== undefined && refused.place < right.place)
}

function isKeyOnly({ settings }: Story): boolean {
  return settings.channel === 'sms' && settings.verification !== 'caller_id'
}

/** An answer holds no way to approve; and a call id is bound to its first arguments. */
function complaintsAboutAnswer(story: Story, { place, it }: Placed<'answered'>): readonly string[] {
  const { callId, number, output, status } = it
  const before = allOf(story.happenings.slice(0, place), 'proposed').filter((one) => one.it.callId === callId)
  const first = before.find((one) => one.it.callId === callId)?.it
  const own = before.find((one) => one.it.number === number)?.it
  const isOther = first && own && hashOf(first.tool, first.input) !== hashOf(own.tool, own.input)
  const hasRun = allOf(story.happenings.slice(0, place), 'ran').length > 0
  return [
    ...(/[0-9a-f]{24}/.test(output) ? ['gave the model something to approve by'] : []),
    ...(isOther === true && status !== 'refused' ? [`took other arguments for a call id: ${status}`] : []),
    ...(status === 'done' && !hasRun ? ['said that it is done'] : []),
    ...(isDecided(story, { place, it }) ? ['let wait what was just decided'] : []),
  ]
}

/** The call is not ended over a question that was open all the time since that was proposed. */
function complaintsAboutGoodbye({ happenings }: Story, { place, it }: Placed<'ran'>): readonly string[] {
  if (it.tool !== 'end_call') return []
  const made = allOf(happenings.slice(0, place), 'proposed').findLast((one) => one.it.tool === 'end_call')
  const open = allOf(happenings.slice(0, made?.place), 'asked').filter(
    (ask) =>
      !isBegun(happenings.slice(ask.place, place), ask.it.id) &&
      !overAt(happenings.slice(0, place), ask.it.id),
  )
  return open.length > 0 ? ['ended the call over a question'] : []
}

function complaintsAboutRecord(story: Story, { place, it: stored }: Placed<'stored'>): readonly string[] {
  const before = story.happenings.slice(0, place)
  const open = allOf(before, 'stored').filter(({ it }) => {
    const isTaken = allOf(before, 'answered').some(
      (one) => one.it.callId === it.callId && one.it.status === 'waits',
    )
    return isTaken && !overAt(before, it.id)
  })
  const isTwice = open.some(({ it }) => it.hash === stored.hash)
  // What was asked about, or approved by a key, does not wait any more.
  const isPast = (id: string): boolean =>
    allOf(before, 'asked').some(({ it }) => it.id === id) ||
    allOf(before, 'verdict').some(({ it }) => it.id === id && it.verdict === 'accepted')
  const waiting = open.filter(({ it }) => !isPast(it.id))
  const answer = allOf(story.happenings, 'answered').find(
    ({ it }) => it.callId === stored.callId && it.status === 'waits',
  )
  const isTaken = answer !== undefined
  const isReplaced = waiting.some(({ it }) => isOverBetween(story, it.id, [place, answer?.place ?? place]))
  return [
    ...(isTwice ? ['made two records of one thing'] : []),
    ...(isTaken && !isReplaced && waiting.length >= MAX_WAITING ? ['let too many wait'] : []),
  ]
}

function isOverBetween(story: Story, id: string, [from, to]: readonly [number, number]): boolean {
  const over = overAt(story.happenings, id)
  const asked = allOf(story.happenings.slice(from, to), 'asked').some(({ it }) => it.id === id)
  return asked || (over !== undefined && over.place >= from && over.place <= to)
}

/** Every tool call that waited hears once what became of it, and never of something that did not happen. */
function complaintsAboutEnds(story: Story): readonly string[] {
  const { happenings } = story
  const told = allOf(happenings, 'told')
  const calls = told.map(({ it }) => it.callId)
  const isOver = happenings.some(({ kind }) => kind === 'over')
  // A goodbye that comes too soon is no proposal that waits: the model may say it again.
  const goodbyes = allOf(happenings, 'proposed').flatMap(({ it }) =>
    it.tool === 'end_call' ? [it.callId] : [],
  )
  const waits = allOf(happenings, 'answered').filter(
    ({ it }) => it.status === 'waits' && !goodbyes.includes(it.callId),
  )
  const unheard = waits.filter(({ it }) => !calls.includes(it.callId))
  const ran = new Set(
    [...story.proofs.values()].flatMap(({ confirmationId }) =>
      confirmationId === undefined ? [] : callsOf(happenings, confirmationId),
    ),
  )
  const invented = told.filter(({ it }) => it.status === 'done' && !ran.has(it.callId))
  return [
    ...(new Set(calls).size === calls.length ? [] : ['told a tool call twice how it ended']),
    ...(isOver && unheard.length > 0 ? ['never told how a tool call ended'] : []),
    ...(invented.length > 0 ? ['told that something was done'] : []),
  ]
}
