import { describe, expect, it } from 'vitest'
import { ACCOUNT_SID, AUTH_TOKEN, NUMBER } from './memory-product.ts'
import { refused, rest } from './on-rest.ts'

describe("the account's own resources", () => {
  it('tell what the account is', async () => {
    await using world = await rest({ account: { type: 'Trial', status: 'suspended' } })
    const account = await world.client.api.v2010.accounts(ACCOUNT_SID).fetch()
    expect(account).toMatchObject({
      sid: ACCOUNT_SID,
      type: 'Trial',
      status: 'suspended',
      authToken: AUTH_TOKEN,
    })
    expect(await refused(world.client.api.v2010.accounts(`AC${'9'.repeat(32)}`).fetch())).toEqual([
      404, 20_404,
    ])
  })

  it('list the numbers, all or those that hold some digits', async () => {
    await using world = await rest()
    const list = (phoneNumber?: string) =>
      world.client.incomingPhoneNumbers.list({ limit: 5, ...(phoneNumber !== undefined && { phoneNumber }) })
    expect(await list()).toMatchObject([
      { phoneNumber: NUMBER, voiceMethod: 'POST', capabilities: { voice: true } },
    ])
    expect(await list(NUMBER.slice(2))).toHaveLength(1)
    expect(await list('+442079460999')).toEqual([])
  })
})
