import type { Finding } from '../ports/check.ts'
import { type AccountQuestion, askAccount, inactive } from './account-query.ts'

/** Whether Twilio takes the credentials, and what kind of account they open. */
export async function checkAccount(question: AccountQuestion): Promise<readonly Finding[]> {
  const answer = await askAccount(question, (client) =>
    client.api.v2010.accounts(question.accountSid).fetch(),
  )
  if (!answer.ok) return [answer.finding]
  const { status, type } = answer.value
  if (status !== 'active') return [inactive(status === 'closed' ? 'closed' : 'suspended')]
  if (type !== 'Trial') return [{ kind: 'fine', says: 'the account is active' }]
  return [
    {
      kind: 'warning',
      says: 'the account is a trial: only verified numbers can call or be called, for ten minutes at most',
      fix: { name: 'upgradeAccount', does: "Upgrade the account in Twilio's console" },
    },
  ]
}
