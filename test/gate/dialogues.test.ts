import { describe, expect, it } from 'vitest'
import { startToolGround } from '../../src/app/tool-ground.ts'
import { breachesOf } from '../../src/sim/drills/dialogue-oracle.ts'
import { Dialogue } from '../../src/sim/drills/dialogue.ts'
import type { Happening, Story } from '../../src/sim/drills/dialogue-story.ts'
import { sayings } from '../../src/sim/drills/dialogue-words.ts'
import { drillDialogues } from '../../src/sim/drills/dialogues.ts'
import { seededRandom } from '../../src/sim/caller/random.ts'

type Ground = Awaited<ReturnType<typeof startToolGround>>

function playOne(ground: Ground, seed: number): Promise<Story> {
  return new Dialogue(seededRandom(seed), ground.call).play()
}

/** A dialogue that holds one effect, of a plain yes that was spoken. */
async function storyOfOneYes(ground: Ground): Promise<Story> {
  for (let seed = 1; seed <= 200; seed += 1) {
    const story = await playOne(ground, seed)
    const runs = story.happenings.filter(({ kind }) => kind === 'ran')
    const isOther = story.happenings.some(
      (one) => isNews(one, 'key') || isNews(one, 'approved') || isNews(one, 'message'),
    )
    if (runs.length === 1 && runs[0]?.kind === 'ran' && runs[0].tool === 'send_sms' && !isOther) return story
  }
  throw new Error('Nobody said yes')
}

function isNews(one: Happening, kind: string): boolean {
  return one.kind === 'news' && one.news.kind === kind
}

function hangUp(atMs: number): Happening {
  return { atMs, kind: 'news', news: { kind: 'ended', reason: 'hungUp' } }
}

/** Where a test wrote HERE, the session of its story. */
function ofSession(one: Happening, { sessionId }: Story): Happening {
  if (one.kind !== 'news' || one.news.kind !== 'speechStarted' || one.news.sessionId !== 'HERE') return one
  return { ...one, news: { ...one.news, sessionId } }
}

function press(atMs: number): Happening {
  return { atMs, kind: 'news', news: { kind: 'key', key: '2' } }
}

/** A question is heard to its end, and words come that began before that. */
function tooEarly(mark: Happening): readonly Happening[] {
  const [atMs, itemId] = [mark.atMs, 'item_early']
  return [
    { atMs, kind: 'news', news: { kind: 'speechStarted', itemId, sessionId: 'HERE' } },
    mark,
    { atMs, kind: 'news', news: { kind: 'transcript', itemId, text: 'Hm?' }, saying: sayings.unclear[0] },
  ]
}

function otherWish(atMs: number): readonly Happening[] {
  const itemId = 'item_change'
  return [
    { atMs, kind: 'news', news: { kind: 'speechStarted', itemId, sessionId: 'HERE' } },
    { atMs, kind: 'news', news: { kind: 'transcript', itemId, text: 'Tuesday' }, saying: sayings.change[0] },
  ]
}

/** What happened, without the ids that are made anew each time. */
function outline(one: Happening): string {
  const { kind, atMs } = one
  return [atMs, kind, one.kind === 'news' ? one.news.kind : '', one.kind === 'told' ? one.status : ''].join(
    ' ',
  )
}

describe('dialogues at a gate', () => {
  it('lead to no effect but what the owner heard of and agreed to', async () => {
    await using ground = await startToolGround()
    const { numbers, missed } = await drillDialogues(ground, { seed: 1, count: 400 })
    expect(missed).toEqual([])
    expect(numbers).toMatchObject({ dialogues: 400, breaches: {} })
  })

  it('are the same for the same seed, but for what is random in names', async () => {
    await using ground = await startToolGround()
    const [one, other] = [await playOne(ground, 77), await playOne(ground, 77)]
    expect(other.happenings.map(outline)).toEqual(one.happenings.map(outline))
    expect(one.happenings.length).toBeGreaterThan(10)
  })
})

describe('the model at the other end of a dialogue', () => {
  it('says now and then that a turn begins which has begun before, and whose words are not known', async () => {
    await using ground = await startToolGround()
    const again: string[] = []
    for (let seed = 1; seed <= 150; seed += 1) {
      const { happenings } = await playOne(ground, seed)
      const open = new Set<string>()
      for (const one of happenings) {
        if (one.kind !== 'news' || !('itemId' in one.news)) continue
        const { kind, itemId } = one.news
        if (kind === 'speechStarted' && open.has(itemId)) again.push(itemId)
        if (kind === 'speechStarted') open.add(itemId)
        if (kind === 'transcript' || kind === 'transcriptFailed') open.delete(itemId)
      }
    }
    expect(again.length).toBeGreaterThan(0)
  })
})

describe('the judge of dialogues', () => {
  it.each<[string, (happenings: readonly Happening[]) => readonly Happening[], string]>([
    ['nothing is heard', (all) => all.filter((one) => !isNews(one, 'questionMark')), 'was not heard'],
    [
      'nobody answers',
      (all) => all.filter((one) => !isNews(one, 'transcript') && !isNews(one, 'key')),
      'without an answer',
    ],
    ['nothing is claimed', (all) => all.filter(({ kind }) => kind !== 'claimed'), 'without an intent'],
    [
      'something else is done',
      (all) => all.map((one) => (one.kind === 'ran' ? { ...one, input: { body: 'Another' } } : one)),
      'nobody proposed',
    ],
    [
      'it is done twice',
      (all) => all.flatMap((one): readonly Happening[] => (one.kind === 'ran' ? [one, one] : [one])),
      'used twice',
    ],
    [
      'it was not agreed to in time',
      (all) => all.map((one) => (one.kind === 'claimed' ? { ...one, atMs: one.atMs + 60_000 } : one)),
      'long after',
    ],
    [
      'a 2 was pressed while the question was on its way',
      (all) => all.flatMap((one) => (one.kind === 'asked' ? [one, press(one.atMs)] : [one])),
      'against a no',
    ],
    [
      'words before the answer began too early',
      (all) => all.flatMap((one) => (isNews(one, 'questionMark') ? tooEarly(one) : [one])),
      'on an answer that was unclear',
    ],
    [
      'a change came before the effect',
      (all) => all.flatMap((one) => (one.kind === 'claimed' ? [one, ...otherWish(one.atMs)] : [one])),
      'against a change',
    ],
    [
      'the session ends before',
      (all) => all.flatMap((one) => (one.kind === 'claimed' ? [hangUp(one.atMs), one] : [one])),
      'after the end',
    ],
  ])('complains when %s', async (_what, change, complaint) => {
    await using ground = await startToolGround()
    const story = await storyOfOneYes(ground)
    expect(breachesOf(story)).toEqual([])
    const changed = { ...story, happenings: change(story.happenings).map((one) => ofSession(one, story)) }
    expect(breachesOf(changed).join()).toContain(complaint)
  })
})
