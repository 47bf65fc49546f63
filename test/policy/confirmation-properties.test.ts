import { describe, expect, it } from 'vitest'
import { isOpen } from '../../src/policy/confirmation.ts'
import { nextDeadlineMs } from '../../src/policy/confirmation-desk.ts'
import { seededRandom } from '../../src/sim/caller/random.ts'
import { Dialogue } from './dialogue.ts'
import { breaches } from './judge.ts'

describe('stepDesk() in random dialogues', () => {
  it('runs nothing without a question that was heard and a yes that counts, and ends all that is open', () => {
    const faults: string[] = []
    const seen = { run: 0, ask: 0, revoke: 0, announceCancelled: 0, ignored: 0, stopQuestion: 0 }
    const reasons = new Map<string, number>()
    for (let seed = 1; seed <= 3_000; seed += 1) {
      const dialogue = new Dialogue(seededRandom(seed))
      dialogue.run(60)
      dialogue.finish()
      const open = dialogue.desk.records.filter(isOpen).map(({ id }) => `${id} stayed open`)
      if (nextDeadlineMs(dialogue.desk) !== undefined) open.push('Something is due for ever')
      faults.push(...[...open, ...breaches(dialogue.story)].map((fault) => `seed ${seed}: ${fault}`))
      for (const { effect } of dialogue.story) {
        if (effect && effect.kind in seen) seen[effect.kind as keyof typeof seen] += 1
        if (effect?.kind === 'changed') reasons.set(effect.reason, (reasons.get(effect.reason) ?? 0) + 1)
      }
    }
    expect(faults).toEqual([])
    // The dialogues reach every corner: otherwise nothing was shown.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100)
    // Every reason but `shown`, which only writing has.
    expect(reasons.size).toBe(19)
  })

  it('has one question and three proposals that wait, at most', () => {
    let most = 0
    for (let seed = 1; seed <= 300; seed += 1) {
      const dialogue = new Dialogue(seededRandom(seed))
      for (let part = 0; part < 60; part += 1) {
        dialogue.run(1)
        const { records } = dialogue.desk
        const open = records.filter(isOpen)
        const begun = open.filter(({ attempts }) => attempts > 0).length
        most = Math.max(most, open.length - begun)
        expect(begun).toBeLessThanOrEqual(1)
      }
    }
    expect(most).toBe(3)
  })
})
