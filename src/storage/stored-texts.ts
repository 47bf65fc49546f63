import { sql, type Kysely } from 'kysely'
import { textsInJson } from '../lib/texts-in-json.ts'
import type { Mention } from '../ports/upkeep.ts'
import { searchable } from './contacts.ts'
import type { Schema } from './schema.ts'

/** Texts looked through per read. */
const pageTexts = 500

/** The texts of one record. */
export type StoredText = {
  /** The values of its key: an id, and for a turn its number in the call. */
  readonly key: readonly (string | number)[]
  readonly texts: readonly string[]
}

/** Where texts of one kind are. */
export type TextPlace = {
  readonly table: keyof Schema
  readonly key: readonly string[]
  readonly columns: readonly string[]
  /** Whether they are JSON: then the strings in it are the texts. */
  readonly isJson?: true
  /** What else changes in a record when its texts do. */
  readonly alongWith?: (row: TextRow) => TextRow
}

type TextRow = Readonly<Record<string, string | null>>

/** Texts that are struck through where they hold a number. */
export const struckTexts: readonly (TextPlace & { readonly kind: Mention['kind'] })[] = [
  { kind: 'turn', table: 'turns', key: ['call_sid', 'seq'], columns: ['text'] },
  { kind: 'event', table: 'events', key: ['event_id'], columns: ['title'] },
  { kind: 'message', table: 'messages', key: ['message_id'], columns: ['body', 'caller_name', 'call_back'] },
  {
    kind: 'contact',
    table: 'contacts',
    key: ['contact_id'],
    columns: ['name', 'note', 'email'],
    alongWith: ({ name, email }) => ({
      search_name: searchable(name ?? ''),
      // An address with something struck out of it would be another one.
      ...(email?.includes('…') && { email: null }),
    }),
  },
  { kind: 'consent', table: 'consents', key: ['consent_id'], columns: ['proof'] },
  { kind: 'question', table: 'confirmations', key: ['proposal_id'], columns: ['question'] },
]

/** What the model asked for, which is removed as a whole where it holds a number: nothing else may be run later. */
export const argumentTexts: TextPlace = {
  table: 'proposals',
  key: ['proposal_id'],
  columns: ['arguments'],
  isJson: true,
}

/** Reads the texts of a bounded number of records, those after one, in the order of their keys. */
export async function textPage(
  db: Kysely<Schema>,
  place: TextPlace,
  after: StoredText['key'] | undefined,
): Promise<readonly StoredText[]> {
  const key = list(place.key)
  const rows = await selected(db, place, after && sql`(${key}) > (${sql.join(after)})`)
  return rows.map((row) => {
    const texts = place.columns.flatMap((column) => textOf(row, column) ?? [])
    return {
      key: place.key.map((name) => row[name] ?? ''),
      texts: place.isJson ? texts.flatMap(textsInJson) : texts,
    }
  })
}

/** Writes texts anew as they are at that moment: they may have changed since they were read, or be gone. */
export async function rewriteTexts(
  db: Kysely<Schema>,
  place: TextPlace,
  { key, change }: { readonly key: StoredText['key']; readonly change: (text: string) => string },
): Promise<void> {
  const isRow = sql`(${list(place.key)}) = (${sql.join(key)})`
  const [row] = await selected(db, place, isRow)
  if (!row) return
  const changed: TextRow = Object.fromEntries(
    place.columns.map((column) => {
      const text = textOf(row, column)
      return [column, text === null ? null : change(text)]
    }),
  )
  const values = Object.entries({ ...changed, ...place.alongWith?.(changed) })
  const set = sql.join(values.map(([column, value]) => sql`${sql.ref(column)} = ${value}`))
  await sql`update ${sql.table(place.table)} set ${set} where ${isRow}`.execute(db)
}

async function selected(
  db: Kysely<Schema>,
  place: TextPlace,
  where: ReturnType<typeof sql> | undefined,
): Promise<readonly Readonly<Record<string, string | number | null>>[]> {
  const { rows } = await sql<Record<string, string | number | null>>`
    select ${list([...place.key, ...place.columns])} from ${sql.table(place.table)}
    ${where ? sql`where ${where}` : sql``} order by ${list(place.key)} limit ${pageTexts}`.execute(db)
  return rows
}

function list(columns: readonly string[]) {
  return sql.join(columns.map((column) => sql.ref(column)))
}

function textOf(row: Readonly<Record<string, string | number | null>>, column: string): string | null {
  const value = row[column] ?? null
  return value === null ? null : String(value)
}
