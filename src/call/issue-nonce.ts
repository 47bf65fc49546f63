import { randomBytes } from 'node:crypto'
import type { CallPorts } from './plan.ts'

/** Makes a nonce that opens one media socket of the call within its life; durable when it resolves. */
export async function issueNonce(
  callSid: string,
  issuing: { readonly ports: Pick<CallPorts, 'clock' | 'storage'>; readonly nonceTtlMs: number },
): Promise<string> {
  const { ports, nonceTtlMs } = issuing
  const nonce = randomBytes(16).toString('base64url')
  const issuedAtMs = ports.clock.wallMs()
  await ports.storage.insertNonce({ nonce, callSid, issuedAtMs, expiresAtMs: issuedAtMs + nonceTtlMs })
  return nonce
}
