import { calendarFeed } from '../../src/calendar/calendar-feed.ts'
import { calendarRoutes } from '../../src/http/calendar.ts'
import { contactRoutes } from '../../src/http/contacts.ts'
import { messageRoutes } from '../../src/http/messages.ts'
import { createServer } from '../../src/http/server.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { Recordings } from '../../src/ports/recordings.ts'
import type { Records } from '../../src/storage/open-storage.ts'
import { openedRecords, temporaryFolder } from '../storage/opening.ts'
import { startedAtMs } from '../storage/records.ts'
import { bearer, keyring, keys, recordedLog } from './serving.ts'

/** The routes to the owner's own things, on a real database, but for what the test brings. */
export async function servingOwner(
  own: Partial<Pick<Records, 'audit'>> & { readonly recordings?: Recordings } = {},
) {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const records = opening.use(await openedRecords(folder.path))
  const { messages, contacts, agenda, people, audit } = { ...records, ...own }
  const clock = new VirtualClock(startedAtMs)
  const log = recordedLog()
  const app = createServer({ log, requestDeadlineMs: 5000 })
  const ring = { keyring: keyring(), people, audit }
  await app.register(messageRoutes({ messages, recordings: own.recordings, ...ring }))
  await app.register(contactRoutes({ contacts, clock, ...ring }))
  await app.register(
    calendarRoutes({ agenda, clock, keyring: ring.keyring, feedOf: (all) => calendarFeed('x', all) }),
  )
  type Method = 'GET' | 'PUT' | 'DELETE'
  const ask = async (
    method: Method,
    url: string,
    more: { body?: unknown; key?: string; text?: string } = {},
  ) => {
    const { body, key = keys.root, text } = more
    const payload = text ?? (body === undefined ? undefined : JSON.stringify(body))
    const answer = await app.inject({
      method,
      url,
      headers: { ...bearer(key), ...(payload !== undefined && { 'content-type': 'application/json' }) },
      ...(payload !== undefined && { payload }),
    })
    const { statusCode: status, headers, body: raw } = answer
    return {
      status,
      headers,
      raw,
      body: raw.startsWith('{') ? answer.json<Record<string, unknown>>() : undefined,
    }
  }
  const held = opening.move()
  return { records, clock, log, ask, [Symbol.asyncDispose]: () => held.disposeAsync() }
}
