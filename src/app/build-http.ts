import type { FastifyInstance } from 'fastify'
import type { Calls } from '../call/calls.ts'
import { calendarFeed } from '../calendar/calendar-feed.ts'
import { errandCalls } from '../call/errand-calls.ts'
import { isLoopback } from '../config/url-field.ts'
import { createKeyring } from '../http/api-keys.ts'
import { auditRoutes } from '../http/audit.ts'
import { calendarRoutes } from '../http/calendar.ts'
import { contactRoutes } from '../http/contacts.ts'
import { healthRoutes } from '../http/health.ts'
import { messageRoutes } from '../http/messages.ts'
import { metricsRoutes } from '../http/metrics.ts'
import { boundConnections } from '../http/connection-cap.ts'
import { createServer } from '../http/server.ts'
import type { EventRecord } from '../ports/agenda.ts'
import type { Records } from '../storage/open-storage.ts'
import { isMediaUpgrade } from '../twilio/media-upgrade.ts'
import { twilioPlugin } from '../twilio/plugin.ts'
import type { Outside } from './build-outside.ts'
import type { Parts } from './parts.ts'

/** Connections besides four for each call: its webhooks, and whoever else asks. */
const SPARE_CONNECTIONS = 100
/** Proxies send a request with the connection that they open for it. */
const SILENT_CONNECTIONS = 32

/** The HTTP side of a server: our own routes, and Twilio's where there is a telephone number. */
export async function buildHttp(
  parts: Parts & { readonly version: string },
  own: {
    readonly calls: Calls | undefined
    readonly outside: Outside | undefined
    readonly scratch: Buffer
    readonly records: Records
  },
): Promise<FastifyInstance> {
  const { calls, outside, scratch, records } = own
  const { config, secrets, clock, log, metrics, loop, network, version } = parts
  const { accountSid } = config.twilio
  const { publicUrl, host } = config.server
  const { maxCalls, webhookBodyDeadlineMs } = config.limits
  const app = createServer({ log, requestDeadlineMs: webhookBodyDeadlineMs, shouldUpgrade: isMediaUpgrade })
  const most = 4 * maxCalls + SPARE_CONNECTIONS
  boundConnections(app.server, { most, mostSilent: SILENT_CONNECTIONS, metrics, log, clock })
  const keyring = createKeyring({ keys: secrets.apiKeys, metrics })
  const notReady = (): readonly string[] => calls?.refusalReasons() ?? ['no telephone number is configured']
  await app.register(healthRoutes({ version, keyring, notReady }))
  await app.register(metricsRoutes({ source: metrics, keyring, isLoopback: isLoopback(host) }))
  const { audit, people, messages, contacts, agenda } = records
  await app.register(auditRoutes({ audit, keyring }))
  await app.register(messageRoutes({ messages, audit, people, keyring, recordings: outside?.telephony }))
  await app.register(contactRoutes({ contacts, audit, people, keyring, clock }))
  await app.register(calendarRoutes({ agenda, keyring, clock, feedOf }))
  if (calls && accountSid !== undefined && secrets.twilioAuthToken !== undefined && publicUrl !== undefined) {
    await app.register(
      twilioPlugin({
        calls: outside ? errandCalls(calls, outside.errands) : calls,
        effects: outside?.callbacks,
        metrics,
        log,
        clock,
        loop,
        accountSid,
        publicUrl,
        authTokens: [secrets.twilioAuthToken],
        limits: { ...config.limits, maxPendingSockets: maxCalls, maxSockets: 2 * maxCalls },
        scratch,
        socketClass: network?.socketClass,
      }),
    )
  }
  return app
}

function feedOf(events: readonly EventRecord[]): string {
  return calendarFeed('Consigliere', events)
}
