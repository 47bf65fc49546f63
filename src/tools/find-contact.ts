import { z } from 'zod'
import type { Contacts } from '../ports/contacts.ts'
import type { ToolHandler } from '../ports/tools.ts'
import { lineField } from './fields.ts'
import { handlerFor } from './tool-input.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Contacts that are named. */
const MAX_CONTACTS = 5

const input = z.strictObject({ name: lineField('The name, or a part of it.', 80) })

/** Finds somebody among the owner's contacts. */
export const findContact: ToolSpec = {
  name: 'find_contact',
  description: "Find the number or the address of somebody among the owner's contacts, by name.",
  risk: 'low',
  isEffect: false,
  arguments: input,
}

/** Answers those whose name holds the text, the first few, and whether there are more. */
export function findContactHandler(ports: { readonly contacts: Contacts }): ToolHandler {
  return handlerFor(input, async ({ name }) => {
    const found = await ports.contacts.findByName(name.trim(), MAX_CONTACTS + 1)
    const contacts = found
      .slice(0, MAX_CONTACTS)
      .map(({ name: called, number, email }) => ({ name: called, number, email }))
    return { kind: 'done', result: { contacts, ...(found.length > MAX_CONTACTS && { more: true }) } }
  })
}
