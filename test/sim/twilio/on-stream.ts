import type { CallerScriptInput } from '../../../src/sim/caller/script.ts'
import type { FakeCall } from '../../../src/sim/twilio/fake-call.ts'
import type { ProductSocket, Stage } from './memory-product.ts'
import { CALLER, CONNECT, NUMBER, stage, twiml } from './memory-product.ts'

/** A caller who stays on the line. */
export const STAY: CallerScriptInput['steps'] = [{ do: 'waitForEnd', withinMs: 3_000_000 }]

/** How the call comes about. */
export type StreamOptions = NonNullable<Parameters<typeof stage>[1]> & { readonly verbs?: string }

/** A stage with one call on it. */
export type OnStream = AsyncDisposable & Stage & { readonly call: FakeCall; readonly socket: ProductSocket }

/** A call whose stream is open. */
export async function onStream(
  steps: CallerScriptInput['steps'] = STAY,
  options: StreamOptions = {},
): Promise<OnStream> {
  const { verbs = CONNECT, ...rest } = options
  const world = await stage(
    (received) => (received.path === '/twilio/voice' ? twiml(verbs) : twiml('')),
    rest,
  )
  const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script: { steps } })
  await world.pass(20)
  return { ...world, call, socket: world.product.socket() }
}

/** Error codes that Twilio's debugger would show. */
export function warnings(world: Stage): number[] {
  return world.events.filter((event) => event.kind === 'warning').map((event) => event.errorCode)
}
