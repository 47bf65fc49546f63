/** What an API key may be allowed to do. `read` is every GET of `/v1`, `approve` confirmations, `admin` all. */
export const apiScopes = ['calls', 'chat', 'read', 'audit', 'speech', 'approve', 'metrics', 'admin'] as const

/** One scope of an API key. */
export type ApiScope = (typeof apiScopes)[number]

/** An API key as the server knows it: by the hash of the key, never by the key itself. */
export type ApiKey = {
  readonly name: string
  readonly scopes: readonly ApiScope[]
  /** SHA-256 of the key's UTF-8 bytes, 64 lower-case hexadecimal digits. */
  readonly sha256: string
}

/** Whether a text names a scope. */
export function isApiScope(text: string): text is ApiScope {
  return (apiScopes as readonly string[]).includes(text)
}
