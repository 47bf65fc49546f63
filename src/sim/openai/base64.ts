/**
 * Decodes base64 strictly: the standard alphabet, whole groups, right padding, no stray bits. Every append comes
 * through here, so the text is not encoded again to be compared: what Node's decoder skips makes the bytes fewer, and
 * what else it forgives stands in the last group or is of the alphabet for URLs.
 * @returns undefined for anything else
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== (text.length / 4) * 3 - padding) return undefined
  const last = text.slice(-4)
  return Buffer.from(last, 'base64').toString('base64') === last ? bytes : undefined
}
