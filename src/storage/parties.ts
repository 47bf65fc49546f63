import { sql, type Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import type { Reading } from './reading.ts'

const pageAddresses = 500

/** Columns that hold who called or was called: a number, or an address of SIP. */
const partyColumns = [
  { table: 'calls', column: 'from_number' },
  { table: 'calls', column: 'to_number' },
  { table: 'messages', column: 'from_number' },
] as const

/**
 * Whoever has a number as calls and messages name them: by the number itself, and by each address of SIP with that number
 * as its user.
 * @param read asks one query; each is short
 */
export async function partiesOf(read: Reading, number: string): Promise<readonly string[]> {
  const parties = new Set([number])
  for (const at of partyColumns) {
    let after: string | undefined = 'sip'
    while (after !== undefined) {
      const from: string = after
      const found = await read((db) => sipAddresses(db, at, from))
      for (const address of found) if (sipNumber(address) === number) parties.add(address)
      after = found.length < pageAddresses ? undefined : found.at(-1)
    }
  }
  return Array.from(parties)
}

/** The calls of some parties, in either direction; to be narrowed. */
export function callsOf(db: Kysely<Schema>, parties: readonly string[]) {
  return db
    .selectFrom('calls')
    .select('call_sid')
    .where((where) => where.or([where('from_number', 'in', parties), where('to_number', 'in', parties)]))
}

/** Addresses of SIP after one. The bounds differ in a letter, so that every collation agrees on them. */
async function sipAddresses(
  db: Kysely<Schema>,
  at: (typeof partyColumns)[number],
  after: string,
): Promise<readonly string[]> {
  const column = sql.ref(at.column)
  const { rows } = await sql<{ readonly address: string }>`
    select distinct ${column} as address from ${sql.table(at.table)}
    where ${column} > ${after} and ${column} < 'sit' order by ${column} limit ${pageAddresses}`.execute(db)
  return rows.map(({ address }) => address)
}

/**
 * The number that is the user of a SIP address, in E.164: its plus sign is often left out, and dashes, dots and brackets
 * are only for the eye. Source: RFC 3261 19.1.6, RFC 3966 5.1.1
 */
function sipNumber(address: string): string | undefined {
  const [, user] = /^sips?:(?:\+|%2B)?([0-9().-]+)[@;:]/i.exec(address) ?? []
  return user === undefined ? undefined : `+${user.replaceAll(/[^0-9]/g, '')}`
}
