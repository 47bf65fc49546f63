import twilio from 'twilio'
import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import type { FakeTwilioOptions } from '../../../src/sim/twilio/fake-twilio-options.ts'
import { sdkClient } from './local-client.ts'
import type { Handler, Stage } from './memory-product.ts'
import { ACCOUNT_SID, AUTH_TOKEN, stage, twiml } from './memory-product.ts'

const script: CallerScriptInput = { steps: [{ do: 'waitForEnd', withinMs: 600_000 }] }

/** A stage with Twilio's SDK in front of it. */
export type Rest = AsyncDisposable & Stage & { readonly client: ReturnType<typeof sdkClient> }

/** A stage on which every phone is answered and `/answer` holds the line. */
export async function rest(options: Partial<FakeTwilioOptions> = {}, handler?: Handler): Promise<Rest> {
  const world = await stage(
    handler ?? ((each) => (each.path === '/answer' ? twiml('<Pause length="5"/>') : undefined)),
    {
      answerOutbound: () => ({ kind: 'answer', script }),
      ...options,
    },
  )
  return { ...world, client: sdkClient(world.twilio.origin, ACCOUNT_SID, AUTH_TOKEN) }
}

/** HTTP status and code of what the SDK throws. */
export async function refused(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    () => new Error('It was not refused'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof twilio.RestException)) throw error
  return [error.status, error.code]
}
