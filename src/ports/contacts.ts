/** Somebody the owner knows. Times are Unix milliseconds. */
export type ContactRecord = {
  readonly contactId: string
  readonly name: string
  /** E.164. */
  readonly number?: string
  readonly email?: string
  readonly note?: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** The owner's contacts. Writes are durable when they resolve; all reject with StorageError. */
export interface Contacts {
  /**
   * Inserts a contact, or replaces all that is known of it.
   * @throws RangeError (as a rejection) for a number that is not E.164
   */
  put(contact: ContactRecord): Promise<void>
  /** Contacts whose name holds a text, in whatever case; in the order of their names. */
  findByName(text: string, maxContacts: number): Promise<readonly ContactRecord[]>
  find(contactId: string): Promise<ContactRecord | undefined>
  findByNumber(number: string): Promise<readonly ContactRecord[]>
  /** All contacts in the order of their ids, after one of them. */
  page(options: { readonly afterId: string; readonly maxContacts: number }): Promise<readonly ContactRecord[]>
  /** @returns false when there is no such contact */
  remove(contactId: string): Promise<boolean>
}
