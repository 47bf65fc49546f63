import { describe, expect, it } from 'vitest'
import type { ContactRecord } from '../../src/ports/contacts.ts'
import { onBothDatabases } from './places.ts'
import { startedAtMs } from './records.ts'

function contact(contactId: string, name: string, more: Partial<ContactRecord> = {}): ContactRecord {
  return { contactId, name, createdAtMs: startedAtMs, updatedAtMs: startedAtMs, ...more }
}

const ann = contact('contact_a', 'Ann Ångström', {
  number: '+14155550123',
  email: 'ann@example.org',
  note: 'the “boss” 👋',
})

await onBothDatabases((name, newPlace) => {
  describe(`${name}: contacts`, () => {
    it('put() keeps a contact, and replaces all that is known of it', async () => {
      await using records = await (await newPlace()).open()
      const { contacts } = records
      await contacts.put(ann)
      expect(await contacts.findByNumber('+14155550123')).toStrictEqual([ann])
      expect(await contacts.find('contact_a')).toStrictEqual(ann)
      expect(await contacts.find('contact_b')).toBeUndefined()
      const { number: _number, note: _note, ...rest } = ann
      const changed = { ...rest, name: 'Ann', updatedAtMs: startedAtMs + 1 }
      await contacts.put(changed)
      expect(await contacts.page({ afterId: '', maxContacts: 5 })).toStrictEqual([changed])
      expect(await contacts.findByNumber('+14155550123')).toEqual([])
    })

    it('findByName() finds part of a name in whatever case, and takes signs of a pattern as they are', async () => {
      await using records = await (await newPlace()).open()
      const { contacts } = records
      const others = [
        contact('contact_b', 'Bob'),
        contact('contact_c', '100 %_\\ Café'),
        contact('contact_d', 'Anna'),
      ]
      await Promise.all([ann, ...others].map((one) => contacts.put(one)))
      const found = async (text: string, maxContacts = 9) =>
        (await contacts.findByName(text, maxContacts)).map(({ contactId }) => contactId)
      expect(await found('ANN')).toEqual(['contact_a', 'contact_d'])
      expect(await found('ångSTRÖM')).toEqual(['contact_a'])
      expect(await found('%')).toEqual(['contact_c'])
      expect(await found('_\\ caf')).toEqual(['contact_c'])
      expect(await found('n_a')).toEqual([])
      expect(await found('ann', 1)).toEqual(['contact_a'])
      expect(await found("'; drop table contacts")).toEqual([])
    })

    it('page() goes on after an id, and remove() removes once', async () => {
      await using records = await (await newPlace()).open()
      const { contacts } = records
      for (const id of ['contact_c', 'contact_a', 'contact_b']) await contacts.put(contact(id, 'x'))
      const ids = async (afterId: string, maxContacts: number) =>
        (await contacts.page({ afterId, maxContacts })).map(({ contactId }) => contactId)
      expect(await ids('', 2)).toEqual(['contact_a', 'contact_b'])
      expect(await ids('contact_b', 2)).toEqual(['contact_c'])
      expect(await contacts.remove('contact_b')).toBe(true)
      expect(await contacts.remove('contact_b')).toBe(false)
      expect(await ids('', 9)).toEqual(['contact_a', 'contact_c'])
    })

    it('put() refuses a number that is not E.164, without repeating it', async () => {
      await using records = await (await newPlace()).open()
      const put = records.contacts.put(contact('contact_a', 'x', { number: '4155550123' }))
      const error: unknown = await put.catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(RangeError)
      expect(String(error)).not.toContain('4155550123')
    })
  })
})
