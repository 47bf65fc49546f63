import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import { TwilioRest } from '../../src/twilio/rest-client.ts'
import { accountSid, authToken, newCallSid } from './support/names.ts'

/** How many modules of Twilio's SDK this process has loaded. */
function modulesLoaded(): number {
  const { cache } = createRequire(import.meta.url)
  return Object.keys(cache).filter((path) => path.includes('/node_modules/twilio/')).length
}

// In a file of its own: nothing else may have loaded them before.
describe('the SDK of Twilio', () => {
  it('is loaded whole by prepare(), so that no order stops the loop for it', async () => {
    const rest = new TwilioRest({
      accountSid,
      authToken,
      clock: new VirtualClock(),
      send: () => Promise.resolve({ status: 200, body: '{}' }),
    })
    expect(modulesLoaded()).toBe(0)
    await rest.prepare()
    const loaded = modulesLoaded()
    expect(loaded).toBeGreaterThan(0)
    const ref = 'ref'
    await rest.hangUp(newCallSid())
    await rest.standing(newCallSid())
    await rest.sendText({ from: '+14155550100', to: '+14155550101', body: 'On my way.' })
    await rest.placeCall({ from: '+14155550100', to: '+14155550101', ref, maxSeconds: 60 })
    expect(modulesLoaded()).toBe(loaded)
  })
})
