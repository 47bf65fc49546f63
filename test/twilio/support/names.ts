import { randomBytes } from 'node:crypto'

/** The account, token, numbers and sids that the tests of this room use. */
export const accountSid = `AC${'0a'.repeat(16)}`
export const authToken = 'test-token-0123456789abcdef'
export const publicUrl = 'https://voice.example.org'
export const ownerNumber = '+14155550101'
export const agentNumber = '+14155550100'

export function newCallSid(): string {
  return `CA${randomBytes(16).toString('hex')}`
}

export function newStreamSid(): string {
  return `MZ${randomBytes(16).toString('hex')}`
}
