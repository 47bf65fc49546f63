import { z } from 'zod'
import { lineField } from './fields.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Finds somebody among the owner's contacts. */
export const findContact: ToolSpec = {
  name: 'find_contact',
  description: "Find the number or the address of somebody among the owner's contacts, by name.",
  risk: 'low',
  isEffect: false,
  arguments: z.strictObject({ name: lineField('The name, or a part of it.', 80) }),
}
