import { describe, expect, it } from 'vitest'
import { startVirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import type { AuditRecord } from '../../src/ports/audit.ts'
import { sentenceText } from '../../src/prompts/sentences.ts'
import { phoneSchema } from '../../src/sim/phones.ts'
import type { Ring } from '../../src/sim/world.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { expectComplete, leaksIn, play, scenarioOf, transcriptOf, useVirtualRehearsal } from './support.ts'

const rehearsal = useVirtualRehearsal()
const disclosure = 'agent: Hello! This is a computer: an AI assistant, speaking for the owner of this number.'
const greeting = 'agent: How can I help you?'
const question = 'caller: Hi, good morning. Can you tell me when the workshop is open this week?'

/** Rings with a leg to the model that drops; the next session is there so many milliseconds later than it could be. */
async function ringDropping(from: string, lateMs?: number) {
  const scenario = await scenarioOf(rehearsal(), 'model-leg-drops', from)
  const late = { kind: 'slowHandshake', session: 2, delayMs: lateMs ?? 0 } as const
  const model = { ...scenario.model, ...(lateMs !== undefined && { faults: [late] }) }
  const rung = await rehearsal().world.ring({ ...scenario, model })
  const { summary } = await rung.ended
  const record = await rehearsal().record(rung.call.sid)
  if (!record) throw new Error('The call left no record')
  return { summary, record, told: toldOf(rung) }
}

/** What the second session of a call was sent. */
function toldOf(rung: Ring): readonly string[] {
  return rung.sessions()[1]?.received.map(({ event }) => JSON.stringify(event)) ?? []
}

function wordsOf({ kind, data: { state, means, source, reason } }: AuditRecord): string {
  return [kind, state, means, source, reason].filter((word) => word !== undefined).join(' ')
}

describe('a call whose model is lost', { timeout: 30_000 }, () => {
  it('a model that never answers: the caller is asked for patience, then told, then asked for a message', async () => {
    const scenario = await scenarioOf(rehearsal(), 'model-never-answers', '+14155550113')
    const { record, summary } = await rehearsal().virtual.time.until(play(rehearsal(), scenario))
    expect(summary.heardSay.map(({ text }) => text)).toEqual([sentenceText('leaveMessage', 'en')])
    expect(record.call.ending).toBe('modelLost')
    expect(record.sessions.map(({ endReason }) => endReason)).toEqual(['silent', 'handed over'])
    expect(record.turns.map(({ source }) => source)).toEqual([
      'fixed',
      'fixed',
      'transcript',
      'fixed',
      'fixed',
    ])
    expect(record.turns.every(({ interrupted }) => !interrupted)).toBe(true)
    expectComplete(record)
  })

  // Dialled at once, the next session is there while the rest of the answer still sounds; later, it is not.
  for (const { lost, from, lateMs } of [
    { lost: 'drops in the middle of an answer', from: '+14155550114' },
    { lost: 'is replaced when all of an answer was heard', from: '+14155550115', lateMs: 1_800 },
  ]) {
    it(`a model leg that ${lost}: another session goes on, and greets nobody again`, async () => {
      const { time } = rehearsal().virtual
      const { summary, record, told } = await time.until(ringDropping(from, lateMs))
      expect(summary.errors).toEqual([])
      expect(transcriptOf(record)).toEqual([
        disclosure,
        greeting,
        question,
        'agent: Of course. From Monday to …',
        'agent: On Friday it closes at three.',
        'caller: Thank you, that is all. Goodbye.',
        'agent: You are welcome. Have a nice day!',
      ])
      const [before, after] = [record.turns[3], record.turns[4]]
      const silentMs = (after?.startedAtMs ?? NaN) - (before?.startedAtMs ?? NaN) - (before?.heardMs ?? NaN)
      expect(silentMs).toBeLessThan(3_000)
      // That it was cut is told whether it was heard to its end by then or not.
      expect(silentMs > 0).toBe(lateMs !== undefined)
      expect(told.filter((event) => event.includes('"Of course. From Monday to …"'))).toHaveLength(1)
      expect(told.filter((event) => event.includes('"purpose":"resumption"'))).toHaveLength(1)
      expect(record.call.ending).toBe('agentHungUp')
      expectComplete(record)
    })
  }

  it('a model that cannot be reached: the caller leaves a message, and the owner is told of it once', async () => {
    const scenario = await scenarioOf(rehearsal(), 'model-is-down', '+14155550117')
    const before = rehearsal().world.twilio.messages.size
    const { record, summary } = await rehearsal().virtual.time.until(play(rehearsal(), scenario))
    expect(summary.errors).toEqual([])
    expect(summary.heardSay.map(({ text }) => text)).toEqual([
      sentenceText('leaveMessage', 'en'),
      sentenceText('messageTaken', 'en'),
    ])
    expect(record.call.ending).toBe('modelLost')
    expect(record.sessions.map(({ endReason }) => endReason)).toEqual(Array(4).fill('http_503'))
    expect(record.messages).toEqual([
      expect.objectContaining({ from: '+14155550117', durationSeconds: 10, notice: 'sent' }),
    ])
    const sent = [...rehearsal().world.twilio.messages.values()].slice(before)
    expect(sent.map(({ to }) => to)).toEqual(['+14155550101'])
    expect(sent[0]?.body).toContain('+14155550117')
    expectComplete(record)
  })
})

describe('a call that is handed to a person', { timeout: 30_000 }, () => {
  it.each([
    { answer: 'answer', said: ['decision transferred person modelLost'] },
    {
      answer: 'busy',
      said: [
        'decision transferred person modelLost',
        'intent textToOwner message',
        'outcome sent textToOwner message',
      ],
    },
  ] as const)(
    'is in the audit log, whose caller is nobody from there on: $answer',
    async ({ answer, said }) => {
      using folder = temporaryFolder()
      const person = '+14155550177'
      const env = {
        PORT: '0',
        MAX_LOOP_DELAY_MS: '60000',
        DATA_DIR: folder.path,
        FALLBACK_PHONE_NUMBER: person,
      }
      const { sid, owner } = await (async () => {
        await using apart = await startVirtualRehearsal({ env, logTo: { write: () => undefined } })
        const from = apart.world.env['GODFATHER_PHONE_NUMBERS'] ?? ''
        const scenario = await scenarioOf(apart, 'model-is-down', from)
        const call = { from, stirVerstat: 'TN-Validation-Passed-A' }
        apart.world.prepare({ phones: [phoneSchema.parse({ number: person, answer })] })
        const { summary } = await apart.virtual.time.until(play(apart, { ...scenario, call }))
        return { sid: summary.sid, owner: from }
      })()
      await using records = await openedRecords(folder.path, { commits: 'loop' })
      const rows = (await records.audit.page({ afterSeq: 0, maxRecords: 100 })).filter(
        ({ session }) => session === sid,
      )
      expect(rows.map(wordsOf)).toEqual(said)
      expect(rows[0]).toMatchObject({ strength: 'S0', actor: await records.people.find(owner) })
      expect(JSON.stringify(rows)).not.toContain('4155550')
    },
  )
})

describe('after all of them', () => {
  it('the model refused nothing that the server sent', () => {
    const { sessions } = rehearsal().world.openai
    expect(sessions.length).toBeGreaterThan(0)
    expect(sessions.flatMap((session) => session.refused)).toEqual([])
  })

  it('no secret, no full number and no spoken word is in the log', () => {
    expect(leaksIn(rehearsal())).toEqual([])
  })
})
