import { z } from 'zod'
import type { AuditData } from '../ports/audit.ts'

/** The data of a record as they are read back; what a later version added is left out. */
export const auditDataSchema: z.ZodType<AuditData> = z
  .record(z.string(), z.union([z.string(), z.number(), z.array(z.string())]))
  .transform((data) => data as AuditData)
