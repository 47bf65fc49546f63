/** Names what was thrown, without its text: that may be anybody's. */
export function faultCode(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : 'unknown'
}
