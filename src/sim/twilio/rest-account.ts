import { API_VERSION } from './call-world.ts'
import type { RestAnswer, RestRequest } from './rest-server.ts'
import { refuse } from './rest-server.ts'

/** What Twilio says of the account itself. */
export type AccountState = {
  readonly status: 'active' | 'suspended' | 'closed'
  readonly type: 'Full' | 'Trial'
}

/**
 * Answers `/Accounts/{Sid}`, with the token in it as Twilio does: whoever shows the whole resource shows a secret.
 * Source: twilio 6.2.0 lib/rest/api/v2010/account.d.ts, AccountResource
 */
export function accountResource(
  account: AccountState & { readonly accountSid: string; readonly authToken: string },
  request: RestRequest,
): RestAnswer {
  if (request.method !== 'GET') return refuse(20004)
  const { accountSid, authToken, status, type } = account
  const uri = `/${API_VERSION}/Accounts/${accountSid}`
  const body = {
    sid: accountSid,
    owner_account_sid: accountSid,
    friendly_name: 'Rehearsal',
    auth_token: authToken,
    date_created: 'Fri, 20 Nov 2026 09:00:00 +0000',
    date_updated: 'Fri, 20 Nov 2026 09:00:00 +0000',
    status,
    type,
    subresource_uris: { calls: `${uri}/Calls.json` },
    uri: `${uri}.json`,
  }
  return { kind: 'json', status: 200, body }
}
