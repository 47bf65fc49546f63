import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import { isE164 } from '../lib/phone-number.ts'
import type { People } from '../ports/people.ts'
import { timeText } from './columns.ts'
import type { Keyed } from './person-key.ts'
import { countPinTry, pinTries } from './pin-tries.ts'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'
import type { Store } from './store.ts'

/** Who has which number, in a database. */
export class DatabasePeople implements People {
  readonly #store: Store
  readonly #clock: Clock
  readonly keyed: Keyed

  constructor(store: Store, options: { readonly clock: Clock; readonly keyed: Keyed }) {
    this.#store = store
    this.#clock = options.clock
    this.keyed = options.keyed
  }

  async idOf(number: string): Promise<string> {
    if (!isE164(number)) throw new RangeError('Cannot name a person: that is no E.164 number')
    const nowMs = this.#clock.wallMs()
    return await this.#store.writes.add(
      (db) => personIdOf(db, { number, hash: this.keyed(number), nowMs }),
      'now',
    )
  }

  find(number: string): Promise<string | undefined> {
    return this.#store.read((db) => findPerson(db, number))
  }

  numberOf(personId: string): Promise<string | undefined> {
    return this.#store.read((db) => numberOfPerson(db, personId))
  }

  countPinTry(number: string): Promise<number> {
    const nowMs = this.#clock.wallMs()
    return this.#store.writes.add((db) => countPinTry(db, this.keyed(number), nowMs), 'now')
  }

  pinTries(number: string): Promise<number> {
    return this.#store.read((db) => pinTries(db, this.keyed(number), this.#clock.wallMs()))
  }
}

/** Whoever has a number in E.164, should they not be known yet; `hash` is the number's keyed hash. */
export type NewPerson = { readonly number: string; readonly hash: string; readonly nowMs: number }

/** The id of whoever has a number, made when there is none. */
export async function personIdOf(db: Kysely<Schema>, person: NewPerson): Promise<string> {
  const known = await findPerson(db, person.number)
  if (known !== undefined) return known
  await db
    .insertInto('people')
    .values({
      person_id: `person_${randomBytes(12).toString('hex')}`,
      number: person.number,
      number_hash: person.hash,
      created_at: timeText(person.nowMs),
    })
    .onConflict((conflict) => conflict.column('number').doNothing())
    .execute()
  // Read again: another process may have been first.
  const { person_id: personId } = await db
    .selectFrom('people')
    .select('person_id')
    .where('number', '=', person.number)
    .executeTakeFirstOrThrow()
  return personId
}

/** The id of whoever has a number, if they are known. */
export async function findPerson(db: Kysely<Schema>, number: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('people')
    .select('person_id')
    .where('number', '=', number)
    .executeTakeFirst()
  return row?.person_id
}

async function numberOfPerson(db: Kysely<Schema>, personId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('people')
    .select('number')
    .where('person_id', '=', personId)
    .executeTakeFirst()
  return row?.number
}

/** What is hashed so that a database can tell its key from others. */
const keyProof = 'The key with which this database was begun'

/**
 * Sees to it that a database is only used with the key it was begun with: with another one nobody who opted out would be
 * recognised.
 * @throws StorageError `wrongKey`
 */
export async function checkPersonKey(db: Kysely<Schema>, keyed: Keyed): Promise<void> {
  const value = keyed(keyProof)
  await db
    .insertInto('facts')
    .values({ name: 'personKey', value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  await comparePersonKey(db, keyed)
}

/**
 * The same for whoever only reads: a database that was begun with no key has none that belongs to it.
 * @throws StorageError `wrongKey`
 */
export async function comparePersonKey(db: Kysely<Schema>, keyed: Keyed): Promise<void> {
  const row = await db.selectFrom('facts').select('value').where('name', '=', 'personKey').executeTakeFirst()
  if (row?.value !== keyed(keyProof)) {
    throw new StorageError('wrongKey', { detail: 'take the one that belongs to this database' })
  }
}
