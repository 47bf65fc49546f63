import type { Finding } from '../ports/check.ts'
import { judgePublicUrl } from './judge-public-url.ts'
import { askPublicly, type PublicQuestion } from './public-probes.ts'

/**
 * Whether a request that Twilio signs for PUBLIC_URL comes to the server, one of a stranger is refused, and an upgrade
 * comes through: as seen from this machine, and without a call.
 */
export async function checkPublicUrl(question: PublicQuestion): Promise<readonly Finding[]> {
  return [judgePublicUrl(await askPublicly(question), question)]
}
