import { describe, expect, it } from 'vitest'
import {
  asksForSms,
  hangsUp,
  hearsQuestion,
  playErrand,
  proposesSms,
  saysNo,
  saysYes,
  sms,
  statuses,
  wish,
  yes,
} from './errand.ts'

const event = {
  title: 'Dentist',
  start: '2026-12-01T10:00',
  end: '2026-12-01T11:00',
  time_zone: 'America/Los_Angeles',
}

describe("an errand with the server's own tools", { timeout: 60_000 }, () => {
  it('sends the text message that was read out, once, after a yes', async () => {
    const errand = await playErrand({
      ownTools: true,
      steps: [...asksForSms, ...hearsQuestion, saysYes, ...hangsUp],
      model: { hears: [wish, yes], replies: proposesSms },
    })
    expect(errand.texts).toEqual([{ to: sms.to_number, body: sms.body }])
    expect(statuses(errand)).toEqual(['confirmation_required', 'done', 'done'])
    // The network's word for it comes last.
    expect(errand.story.slice(-3)).toEqual(['intent', 'outcome done', 'outcome done delivered'])
  })

  it('sends nothing after a no', async () => {
    const errand = await playErrand({
      ownTools: true,
      steps: [...asksForSms, ...hearsQuestion, saysNo, ...hangsUp],
      model: { hears: [wish, 'No, leave it.'], replies: proposesSms },
    })
    expect(errand.texts).toEqual([])
    expect(errand.story).not.toContain('intent')
  })

  it('puts into the calendar what was read out', async () => {
    const errand = await playErrand({
      ownTools: true,
      steps: [...asksForSms, ...hearsQuestion, saysYes, ...hangsUp],
      model: {
        hears: ['Put the dentist into my calendar.', yes],
        replies: [
          { preamble: 'Let me see.', calls: [{ name: 'calendar_create_event', arguments: event }] },
          { say: 'All right.' },
          { say: 'It is in your calendar.' },
        ],
      },
    })
    expect(errand.events).toMatchObject([{ title: 'Dentist', timeZone: event.time_zone, state: 'confirmed' }])
  })
})
