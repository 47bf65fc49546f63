import type { Clock } from '../lib/clock.ts'
import type { Contacts } from '../ports/contacts.ts'

const people = [
  { contactId: 'contact_ann', name: 'Ann', number: '+14155550123' },
  { contactId: 'contact_blue_note', name: 'Blue Note', number: '+14155550177' },
] as const

/** Whom the owner of a rehearsal knows, where nobody has said otherwise. */
export async function addressBook(contacts: Contacts, clock: Clock): Promise<void> {
  const nowMs = Math.round(clock.wallMs())
  for (const person of people) await contacts.put({ ...person, createdAtMs: nowMs, updatedAtMs: nowMs })
}
