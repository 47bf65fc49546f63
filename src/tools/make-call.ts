import { z } from 'zod'
import type { Outbound } from '../ports/telephony.ts'
import type { ToolHandler } from '../ports/tools.ts'
import { numberField, textField } from './fields.ts'
import { resultOf } from './telephony-result.ts'
import { handlerFor, intentOf } from './tool-input.ts'
import type { ToolSpec } from './tool-spec.ts'

const input = z.strictObject({
  to_number: numberField('Who to call'),
  purpose: textField('What the call is for and what is to be found out, in one to three sentences.', 500),
})

/** Places a call of its own, with a purpose, and reports back. */
export const makeCall: ToolSpec = {
  name: 'make_call',
  description:
    'Call somebody and speak with them on behalf of the owner. The owner is asked by the server first; what comes of it is told later.',
  risk: 'high',
  isEffect: true,
  arguments: input,
}

/** Has the network dial, once. What is said on that call is another call's matter: it is found by the intent's id. */
export function makeCallHandler(ports: {
  readonly outbound: Outbound
  readonly from: string
  readonly maxSeconds: number
}): ToolHandler {
  const { outbound, from, maxSeconds } = ports
  return handlerFor(input, async ({ to_number: to }, context) => {
    const ref = intentOf(context)
    const outcome = await outbound.placeCall({ from, to, ref, maxSeconds }, context.signal)
    return resultOf(outcome, { state: 'dialling', note: 'What comes of it is told later.' })
  })
}
