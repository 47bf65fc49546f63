/**
 * Decodes base64 strictly: the standard alphabet, whole groups, right padding, no stray bits.
 * A comparison instead of a pattern, which would exhaust the stack on a long text.
 * @returns undefined for anything else
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined
}
