import { sql, type Kysely } from 'kysely'
import { isE164 } from '../lib/phone-number.ts'
import type { ContactRecord, Contacts } from '../ports/contacts.ts'
import { present, storableText, timeMs, timeText } from './columns.ts'
import { personIdOf, type NewPerson } from './people.ts'
import type { Keyed } from './person-key.ts'
import type { ContactsTable } from './people-tables.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** The owner's contacts in a database. */
export class DatabaseContacts implements Contacts {
  readonly #store: Store
  readonly #keyed: Keyed

  constructor(store: Store, keyed: Keyed) {
    this.#store = store
    this.#keyed = keyed
  }

  async put(contact: ContactRecord): Promise<void> {
    const { number, updatedAtMs: nowMs } = contact
    if (number !== undefined && !isE164(number)) {
      throw new RangeError('Cannot keep a contact: its number is not E.164')
    }
    const person = number === undefined ? undefined : { number, hash: this.#keyed(number), nowMs }
    await this.#store.writes.add((db) => putContact(db, contact, person), 'now')
  }

  findByName(text: string, maxContacts: number): Promise<readonly ContactRecord[]> {
    const pattern = `%${searchable(text).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    return this.#store.read(async (db) => {
      const rows = await withNumber(db)
        .where(sql<boolean>`search_name like ${pattern} escape '\\'`)
        .orderBy('search_name')
        .orderBy('contact_id')
        .limit(maxContacts)
        .execute()
      return rows.map(contactOf)
    })
  }

  find(contactId: string): Promise<ContactRecord | undefined> {
    return this.#store.read(async (db) => {
      const row = await withNumber(db).where('contact_id', '=', contactId).executeTakeFirst()
      return row && contactOf(row)
    })
  }

  findByNumber(number: string): Promise<readonly ContactRecord[]> {
    return this.#store.read((db) => contactsOfNumber(db, number))
  }

  page({ afterId, maxContacts }: Parameters<Contacts['page']>[0]): Promise<readonly ContactRecord[]> {
    return this.#store.read(async (db) => {
      const rows = await withNumber(db)
        .where('contact_id', '>', afterId)
        .orderBy('contact_id')
        .limit(maxContacts)
        .execute()
      return rows.map(contactOf)
    })
  }

  remove(contactId: string): Promise<boolean> {
    return this.#store.writes.add(async (db) => {
      const rows = await db
        .deleteFrom('contacts')
        .where('contact_id', '=', contactId)
        .returning('contact_id')
        .execute()
      return rows.length > 0
    }, 'now')
  }
}

/** The contacts that have a number. */
export async function contactsOfNumber(
  db: Kysely<Schema>,
  number: string,
): Promise<readonly ContactRecord[]> {
  const rows = await withNumber(db).where('number', '=', number).orderBy('contact_id').execute()
  return rows.map(contactOf)
}

async function putContact(
  db: Kysely<Schema>,
  contact: ContactRecord,
  person: NewPerson | undefined,
): Promise<void> {
  const row: ContactsTable = {
    contact_id: contact.contactId,
    name: storableText(contact.name),
    search_name: searchable(contact.name),
    person_id: person ? await personIdOf(db, person) : null,
    email: contact.email ?? null,
    note: contact.note === undefined ? null : storableText(contact.note),
    created_at: timeText(contact.createdAtMs),
    updated_at: timeText(contact.updatedAtMs),
  }
  await db
    .insertInto('contacts')
    .values(row)
    .onConflict((conflict) => conflict.column('contact_id').doUpdateSet(row))
    .execute()
}

function withNumber(db: Kysely<Schema>) {
  return db
    .selectFrom('contacts')
    .leftJoin('people', 'people.person_id', 'contacts.person_id')
    .selectAll('contacts')
    .select('number')
}

function contactOf(row: ContactsTable & { readonly number: string | null }): ContactRecord {
  return present({
    contactId: row.contact_id,
    name: row.name,
    number: row.number ?? undefined,
    email: row.email ?? undefined,
    note: row.note ?? undefined,
    createdAtMs: timeMs(row.created_at),
    updatedAtMs: timeMs(row.updated_at),
  })
}

/** What names are compared by. Made here: the databases agree on small letters for ASCII alone. */
export function searchable(name: string): string {
  return storableText(name).normalize('NFKC').toLowerCase()
}
