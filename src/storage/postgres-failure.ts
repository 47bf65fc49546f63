import type { StorageErrorCode } from './storage-error.ts'

/**
 * SQLSTATEs of PostgreSQL, and the codes of sockets below it. Everything not listed is `failed`.
 * Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
const meanings: ReadonlyMap<string, StorageErrorCode> = new Map([
  ['23502', 'constraint'],
  ['23503', 'constraint'],
  ['23505', 'constraint'],
  ['23514', 'constraint'],
  ['40001', 'busy'],
  ['40P01', 'busy'],
  ['55P03', 'busy'],
  ['53300', 'busy'],
  ['57P03', 'busy'],
  ['ECONNREFUSED', 'busy'],
  ['XX001', 'corrupt'],
  ['XX002', 'corrupt'],
  ['25P03', 'lost'],
  ['57P01', 'lost'],
  ['57P02', 'lost'],
  ['57P05', 'lost'],
  ['08000', 'lost'],
  ['08003', 'lost'],
  ['08006', 'lost'],
  ['ECONNRESET', 'lost'],
  ['EPIPE', 'lost'],
  ['ETIMEDOUT', 'lost'],
])

/** What the driver says without a code when a connection went away under a statement. Source: pg 8.23, lib/client.js */
const lostConnection = /^(Connection terminated|Query read timeout|Client (has encountered|was closed))/
/** What its pool says when no connection came about in time: nothing was sent. Source: pg-pool 3.14, index.js */
const noConnection =
  /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout)/

/** What an error of pg means for whoever asked. */
export function meaningOf(error: unknown): StorageErrorCode {
  const code = codeOf(error)
  if (code !== undefined) return meanings.get(code) ?? 'failed'
  if (!(error instanceof Error)) return 'failed'
  if (noConnection.test(error.message)) return 'busy'
  return lostConnection.test(error.message) ? 'lost' : 'failed'
}

/** Why a database could not be opened, for the operator; no part of the address, which holds a password. */
export function openingFailure(error: unknown): string {
  const code = codeOf(error) ?? 'no answer'
  switch (code) {
    case '28P01':
    case '28000':
      return 'the database server refused the user or the password of DATABASE_URL'
    case '3D000':
      return 'there is no database of the name in DATABASE_URL'
    case '42501':
      return 'the user of DATABASE_URL may not create tables there'
    default:
      return `the database server of DATABASE_URL cannot be used: ${code}`
  }
}

function codeOf(error: unknown): string | undefined {
  // Several addresses of one name were tried: each has its own error.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
