import { describe, expect, it } from 'vitest'
import { onBothDatabases } from './places.ts'
import { startedAtMs } from './records.ts'

const hourMs = 3_600_000

function event(eventId: string, startHour: number, hours = 1) {
  const startsAtMs = startedAtMs + startHour * hourMs
  return {
    eventId,
    title: `Event ${eventId}`,
    startsAtMs,
    endsAtMs: startsAtMs + hours * hourMs,
    timeZone: 'Europe/London',
    createdAtMs: startedAtMs,
  }
}

await onBothDatabases((name, newPlace) => {
  describe(`${name}: events`, () => {
    it('between() answers what lies in a time by any part, in order, without what was cancelled', async () => {
      await using records = await (await newPlace()).open()
      const { agenda } = records
      const all = [event('d', 5), event('b', 2), event('a', 0, 3), event('c', 3), event('z', 2)]
      for (const one of all) await agenda.insert(one)
      await agenda.update({ eventId: 'z', version: 1, nowMs: startedAtMs }, { state: 'cancelled' })
      const everything = {
        fromMs: startedAtMs,
        toMs: startedAtMs + 9 * hourMs,
        maxEvents: 9,
        withCancelled: true,
      }
      const ids = (await agenda.between(everything)).map(({ eventId }) => eventId)
      expect(ids).toEqual(['a', 'b', 'z', 'c', 'd'])
      const between = async (fromHour: number, toHour: number, maxEvents = 9) =>
        (
          await agenda.between({
            fromMs: startedAtMs + fromHour * hourMs,
            toMs: startedAtMs + toHour * hourMs,
            maxEvents,
          })
        ).map(({ eventId }) => eventId)
      expect(await between(2.5, 3.5)).toEqual(['a', 'b', 'c'])
      expect(await between(3, 5)).toEqual(['c'])
      expect(await between(4, 5)).toEqual([])
      expect(await between(0, 9, 2)).toEqual(['a', 'b'])
      const latest = await agenda.between({ ...everything, maxEvents: 3, keepsLatest: true })
      expect(latest.map(({ eventId }) => eventId)).toEqual(['z', 'c', 'd'])
    })

    it('update() changes what the patch names, of the version that was seen, once', async () => {
      await using records = await (await newPlace()).open()
      const { agenda } = records
      const first = event('a', 0)
      await agenda.insert(first)
      const whole = { ...first, state: 'confirmed', version: 1, updatedAtMs: startedAtMs }
      expect(await agenda.find('a')).toStrictEqual(whole)
      const nowMs = startedAtMs + 7
      const answers = await Promise.all(
        ['New', 'Newer', 'Newest'].map((title) =>
          agenda.update({ eventId: 'a', version: 1, nowMs }, { title }),
        ),
      )
      expect(answers).toEqual(['updated', 'stale', 'stale'])
      expect(await agenda.find('a')).toStrictEqual({ ...whole, title: 'New', version: 2, updatedAtMs: nowMs })
      expect(await agenda.update({ eventId: 'x', version: 1, nowMs }, { title: 'y' })).toBe('unknown')
      expect(await agenda.find('x')).toBeUndefined()
    })

    it('refuses an event that ends before it starts, as constraint', async () => {
      await using records = await (await newPlace()).open()
      const { agenda } = records
      await expect(agenda.insert(event('a', 1, -1))).rejects.toMatchObject({ code: 'constraint' })
      await agenda.insert(event('a', 1))
      const early = agenda.update({ eventId: 'a', version: 1, nowMs: 0 }, { endsAtMs: startedAtMs })
      await expect(early).rejects.toMatchObject({ code: 'constraint' })
    })
  })
})
