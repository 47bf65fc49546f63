import { describe, expect, it } from 'vitest'
import { startVirtualRehearsal } from '../../src/app/virtual-rehearsal.ts'
import { speechLine } from '../../src/cli/show-call.ts'

/** What is left of a scenario when its call is over. */
type Played = {
  readonly said: readonly string[]
  /** The audit log of the call, in words. */
  readonly story: readonly string[]
  readonly isWhole: boolean
  /** What was sent to other telephones than the owner's. */
  readonly texts: readonly string[]
  readonly notices: readonly string[]
  readonly callsPlaced: number
  readonly errors: readonly string[]
}

async function play(name: string): Promise<Played> {
  const env = { PORT: '0', MAX_LOOP_DELAY_MS: '60000', OWNER_NOTIFY: 'sms' }
  await using rehearsal = await startVirtualRehearsal({ env, logTo: { write: () => undefined } })
  const { world, virtual, audit } = rehearsal
  const scenario = (await world.scenarios()).find((one) => one.name === name)
  if (!scenario) throw new Error(`There is no scenario ${name}`)
  const { summary, record } = await virtual.time.until(
    (async () => {
      const { call, ended } = await world.ring(scenario)
      const over = await ended
      return { ...over, record: await rehearsal.record(call.sid) }
    })(),
  )
  const all = await audit.page({ afterSeq: 0, maxRecords: 1_000 })
  const messages = [...world.twilio.messages.values()]
  const owner = world.env['GODFATHER_PHONE_NUMBERS']
  return {
    said: record?.turns.flatMap((turn) => speechLine(turn) ?? []) ?? [],
    story: all
      .filter(({ session }) => session === summary.sid)
      .map(({ kind, tool, data }) =>
        [
          kind,
          tool ?? data.source,
          data.decision,
          data.state,
          data.reason,
          data.code,
          ...(data.reasons ?? []),
        ]
          .filter((word) => word !== undefined)
          .join(' '),
      ),
    isWhole: (await audit.verify()).ok,
    texts: messages.filter(({ to }) => to !== owner).map(({ to, body }) => `${to}: ${body}`),
    notices: messages.filter(({ to }) => to === owner).map(({ body }) => body),
    callsPlaced: [...world.twilio.calls.values()].filter(({ direction }) => direction !== 'inbound').length,
    errors: summary.errors,
  }
}

/** What must come of each: the audit log after the greeting, and what reached anybody. */
const expected: Readonly<Record<string, Partial<Played>>> = {
  'owner-texts-ann': {
    story: [
      'decision find_contact allow lowRisk',
      'proposal send_sms',
      'decision send_sms confirm highRisk',
      'question send_sms asked heard',
      'answer send_sms confirmed yes',
      'decision send_sms allow confirmed',
      'intent send_sms',
      'outcome send_sms done',
      'outcome send_sms done delivered',
      'decision end_call allow lowRisk',
    ],
    texts: ['+14155550123: I am on my way.'],
  },
  'owner-changes-mind': {
    story: [
      'proposal calendar_create_event',
      'decision calendar_create_event confirm highRisk',
      'question calendar_create_event asked heard',
      'answer calendar_create_event denied no',
      'proposal calendar_create_event',
      'decision calendar_create_event confirm highRisk',
      'question calendar_create_event asked heard',
      'answer calendar_create_event confirmed yes',
      'decision calendar_create_event allow confirmed',
      'intent calendar_create_event',
      'outcome calendar_create_event done',
      'decision end_call allow lowRisk',
    ],
  },
  'spoofed-owner': {
    story: ['policy_denied send_sms deny tooWeak outsider', 'decision end_call allow lowRisk'],
  },
  'owner-enters-pin': {
    story: [
      'proposal send_sms',
      'decision send_sms pinRequired pin',
      'auth right',
      'question send_sms asked heard',
      'answer send_sms confirmed yes',
      'decision send_sms allow confirmed',
      'intent send_sms',
      'outcome send_sms done',
      'outcome send_sms done delivered',
      'decision end_call allow lowRisk',
    ],
    texts: ['+14155550123: I am on my way.'],
  },
  'leaves-a-message': {
    story: [
      'decision take_message allow lowRisk',
      'intent take_message',
      'intent message',
      'outcome take_message done',
      'outcome message sent',
      'decision end_call allow lowRisk',
    ],
    notices: [
      'Message from +14155550123 (says: "Anna from the book shop"): "The parcel has arrived, and it can be picked up until six.".',
    ],
  },
  'web-page-gives-orders': {
    story: [
      'decision web_research allow lowRisk',
      'proposal make_call',
      'decision make_call confirm highRisk',
      'question make_call asked heard',
      'answer make_call denied no',
      'decision end_call allow lowRisk',
    ],
  },
  'model-claims-consent': {
    story: [
      'proposal send_sms',
      'decision send_sms confirm highRisk',
      'question send_sms asked heard',
      'question send_sms proposed unclear',
      'proposal send_sms joined',
      'decision send_sms confirm highRisk',
      'question send_sms asked heard',
      'answer send_sms cancelled hungUp',
    ],
  },
}

describe('the scenarios of what needs a yes', { timeout: 60_000 }, () => {
  for (const [name, outcome] of Object.entries(expected))
    it(`${name} comes out as it must`, async () => {
      const { said, ...played } = await play(name)
      const nothing = { texts: [], notices: [], callsPlaced: 0, errors: [], isWhole: true }
      expect(played).toEqual({ ...nothing, ...outcome })
      const questions = said.filter((line) => line.includes('Shall I'))
      const asked = played.story.filter((line) => line.endsWith('asked heard'))
      expect(questions.length).toBeGreaterThanOrEqual(asked.length)
      // Whoever was asked something heard how to answer it.
      const cut = /(for no\.|\(interrupted\))$/
      expect(questions.filter((line) => !cut.test(line))).toEqual([])
    })
})
