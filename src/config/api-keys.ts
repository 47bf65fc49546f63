import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { apiScopes, isApiScope, type ApiKey } from '../lib/api-scope.ts'
import { field, jsonOf } from './field.ts'

const keyName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const emptyTextSha256 = sha256Of('')

const entries = z
  .array(
    z.strictObject({
      name: z.string().regex(keyName),
      scopes: z.array(z.enum(apiScopes)).min(1),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .refine((sha256) => sha256 !== emptyTextSha256),
    }),
  )
  .max(100)
  .refine((keys) => isDistinct(keys.map((key) => key.name)))
  .refine((keys) => isDistinct(keys.map((key) => key.sha256)))
  .refine((keys) => keys.every((key) => isDistinct(key.scopes)))

/** `API_KEYS`: a JSON array of `{"name","scopes","sha256"}`, names and keys distinct, at most 100. */
export const apiKeysField = field(
  'must be a JSON array of {"name","scopes","sha256"} with distinct names and keys, as npm run key prints it',
  (text): readonly ApiKey[] | undefined => entries.safeParse(jsonOf(text)).data,
)

/** A key as it is made, or what is wrong with the order for it. */
export type NewApiKey =
  | { readonly ok: true; readonly key: string; readonly entry: ApiKey }
  | { readonly ok: false; readonly problem: string }

/**
 * Makes an API key of 256 random bits.
 * @returns the key itself, which nothing stores, and its entry for `API_KEYS`
 */
export function newApiKey(name: string, scopes: readonly string[]): NewApiKey {
  if (!keyName.test(name)) {
    return { ok: false, problem: 'Name the key in up to 64 letters, digits, dots, dashes or underscores' }
  }
  if (scopes.length === 0) return { ok: false, problem: `Give at least one scope of ${apiScopes.join(', ')}` }
  const known = scopes.filter(isApiScope)
  const unknown = scopes.find((scope) => !isApiScope(scope))
  if (unknown !== undefined) {
    return { ok: false, problem: `Unknown scope ${JSON.stringify(unknown)}: use ${apiScopes.join(', ')}` }
  }
  if (!isDistinct(known)) return { ok: false, problem: 'Give each scope once' }
  const key = `csg_${randomBytes(32).toString('base64url')}`
  return { ok: true, key, entry: { name, scopes: known, sha256: sha256Of(key) } }
}

/** A key with all scopes for a run in which none is configured, and the setting that goes with it. */
export function inventApiKey(): { readonly key: string; readonly env: Readonly<Record<'API_KEYS', string>> } {
  const made = newApiKey('rehearsal', ['admin'])
  if (!made.ok) throw new Error(made.problem)
  return { key: made.key, env: { API_KEYS: JSON.stringify([made.entry]) } }
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function isDistinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length
}
