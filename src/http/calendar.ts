import type { FastifyPluginAsync } from 'fastify'
import type { Clock } from '../lib/clock.ts'
import type { Agenda, EventRecord } from '../ports/agenda.ts'
import type { Keyring } from './api-keys.ts'
import { guard, noQuerySchema } from './owner-routes.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/** What of the calendar is told. */
const PAST_DAYS = 90
const COMING_DAYS = 400
const MAX_EVENTS = 2_000

/** What the route of the calendar reads, and how it is written. */
export type CalendarOptions = {
  readonly agenda: Pick<Agenda, 'between'>
  readonly keyring: Keyring
  readonly clock: Clock
  /** The text of an iCalendar feed. */
  readonly feedOf: (events: readonly EventRecord[]) => string
}

/**
 * `/v1/calendar.ics`: the local calendar for other programs to subscribe to, from 90 days ago to 400 days ahead, also
 * what was cancelled. Of more than 2,000 events it holds those that start last: the past falls off first. For keys with
 * the scope `read`.
 */
export function calendarRoutes({ agenda, keyring, clock, feedOf }: CalendarOptions): FastifyPluginAsync {
  return (app) => {
    app.get(
      '/v1/calendar.ics',
      { onRequest: guard(keyring, 'read'), schema: { querystring: noQuerySchema } },
      async (_request, reply) => {
        const nowMs = clock.wallMs()
        const [fromMs, toMs] = [nowMs - PAST_DAYS * DAY_MS, nowMs + COMING_DAYS * DAY_MS]
        const most = { maxEvents: MAX_EVENTS, keepsLatest: true }
        const events = await agenda.between({ fromMs, toMs, ...most, withCancelled: true })
        return reply.type('text/calendar; charset=utf-8').send(feedOf(events))
      },
    )
    return Promise.resolve()
  }
}
