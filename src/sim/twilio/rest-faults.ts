import { z } from 'zod'
import type { Log } from './event-log.ts'
import { refusal } from './rest-failure.ts'
import type { RestAnswer, RestRequest } from './rest-server.ts'

const asked = z.enum(['hangUp', 'updateCall', 'createCall', 'fetchCall', 'createMessage', 'any'])

/**
 * REST requests that go wrong on purpose. `hangUp` is an update that ends a call, `updateCall` any other; `count` is
 * how often (1: once), always when unset. Without an answer a request waits until its sender gives up.
 */
export const restFaultSchema = z.strictObject({
  request: asked,
  answer: z.enum(['429', '500', '503', 'none']),
  count: z.int().min(1).optional(),
})

/** A sort of REST requests that go wrong on purpose. */
export type RestFault = z.infer<typeof restFaultSchema>

type Asked = Exclude<z.infer<typeof asked>, 'any'> | 'other'

type Planted = { readonly fault: RestFault; readonly callSid: string | undefined; left: number }

/** More than that, and the oldest no longer strikes. */
const MOST_FAULTS = 1_000

/** Twilio's codes for what is not its client's fault. Source: Twilio, "Error and warning dictionary" */
const CODES = { '429': 20_429, '500': 20_500, '503': 20_503 } as const

/** The REST faults of an account that have been asked for. */
export class RestFaults {
  readonly #log: Log
  readonly #planted = new Set<Planted>()

  constructor(log: Log) {
    this.#log = log
  }

  /**
   * From now on such requests go wrong, until disposed.
   * @param callSid limits it to this call, as far as a request names one: what creates a call or a message does not
   */
  plant(fault: RestFault, callSid?: string): Disposable {
    const planted = { fault, callSid, left: fault.count ?? Infinity }
    const [oldest] = this.#planted
    if (this.#planted.size >= MOST_FAULTS && oldest) this.#planted.delete(oldest)
    this.#planted.add(planted)
    return { [Symbol.dispose]: () => void this.#planted.delete(planted) }
  }

  /** How a request is answered that goes wrong; undefined when it does not. */
  answer(request: RestRequest): RestAnswer | undefined {
    const { asked: what, callSid } = readRequest(request)
    const struck = [...this.#planted].find(
      ({ fault, callSid: meant }) =>
        (fault.request === what || fault.request === 'any') &&
        (meant === undefined || callSid === undefined || meant === callSid),
    )
    if (!struck) return undefined
    struck.left--
    if (struck.left === 0) this.#planted.delete(struck)
    const { answer } = struck.fault
    this.#log({ kind: 'fault', callSid: callSid ?? struck.callSid, fault: `rest ${answer}` })
    return answer === 'none' ? { kind: 'none' } : { kind: 'refused', failure: refusal(CODES[answer]) }
  }
}

/** What a request asks for, and of which call. */
function readRequest({ method, path, form }: RestRequest): {
  readonly asked: Asked
  readonly callSid: string | undefined
} {
  const [resource, sid, below] = path
  const other = { asked: 'other', callSid: resource === 'Calls' ? sid : undefined } as const
  if (below !== undefined) return other
  if (resource === 'Messages') {
    return method === 'POST' && sid === undefined ? { asked: 'createMessage', callSid: undefined } : other
  }
  if (resource !== 'Calls') return other
  if (sid === undefined) return method === 'POST' ? { asked: 'createCall', callSid: undefined } : other
  if (method === 'GET') return { asked: 'fetchCall', callSid: sid }
  if (method !== 'POST') return other
  const ends = ['completed', 'canceled'].includes(form.get('Status') ?? '')
  return { asked: ends ? 'hangUp' : 'updateCall', callSid: sid }
}
