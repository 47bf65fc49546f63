import { describe, expect, it } from 'vitest'
import { startToolGround } from '../../src/app/tool-ground.ts'
import { breachesOf } from '../../src/sim/drills/dialogue-oracle.ts'
import { Dialogue } from '../../src/sim/drills/dialogue.ts'
import type { Happening, Story } from '../../src/sim/drills/dialogue-story.ts'
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
      'the session ends before',
      (all) => all.flatMap((one) => (one.kind === 'claimed' ? [hangUp(one.atMs), one] : [one])),
      'after the end',
    ],
  ])('complains when %s', async (_what, change, complaint) => {
    await using ground = await startToolGround()
    const story = await storyOfOneYes(ground)
    expect(breachesOf(story)).toEqual([])
    const changed = { ...story, happenings: change(story.happenings) }
    expect(breachesOf(changed).join()).toContain(complaint)
  })
})
