import { type Random, seededRandom } from '../caller/random.ts'
import { oddText } from './odd-values.ts'

/** A text that UTF-8 can carry. */
export function anyText(random: Random): string {
  try {
    return String(JSON.parse(oddText(random))).toWellFormed()
  } catch {
    return '\u0001'
  }
}

/** A text that a header can carry. */
export function anyHeader(random: Random): string {
  return anyText(random)
    .replaceAll(/[^\t\x20-\x7e]/g, '')
    .slice(0, 4_000)
    .trim()
}

const nobodies = ' |+|+0|+1|1|anonymous|client:ann|sip:ann@example.org;x=y|266696687|__proto__'.split('|')

/** Callers whose number is none, or hardly one; a few more are made of odd texts. */
export const oddCallers: readonly string[] = [
  '',
  ...nobodies,
  ...Array.from({ length: 24 }, (_, seed) => anyText(seededRandom(seed)).slice(0, 300)),
]
