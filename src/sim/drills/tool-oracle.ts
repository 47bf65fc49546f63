import { isSoundForEndCall } from './realtime-parts.ts'

const MOST_CALLS = 2_000

/** Knows what tools a model has asked for over one session, and with what; says which must not have been run. */
export class ToolOracle {
  /** By call id: whether some request for it was one that may be run. */
  readonly #asked = new Map<string, boolean>()
  readonly problems: string[] = []

  /** Notes a message as it was sent: only one that can be read asks for anything. */
  sent(message: Uint8Array): void {
    const text = Buffer.from(message.buffer, message.byteOffset, message.length).toString('utf8')
    if (!text.includes('function_call')) return
    const event = parsed(text)
    if (field(event, 'type') !== 'response.output_item.done') return
    const item = field(event, 'item')
    const callId = field(item, 'call_id')
    if (typeof callId !== 'string') return
    const args = field(item, 'arguments') ?? ''
    const isSound =
      field(item, 'status') === 'completed' &&
      field(item, 'name') === 'end_call' &&
      typeof args === 'string' &&
      isSoundForEndCall(args)
    this.#asked.set(callId, isSound || (this.#asked.get(callId) ?? false))
    if (this.#asked.size <= MOST_CALLS) return
    for (const oldest of this.#asked.keys()) return void this.#asked.delete(oldest)
  }

  /** Looks at what the client answers: a tool that was run says that it is done. */
  answered(event: unknown): void {
    const item = field(event, 'item')
    if (field(item, 'type') !== 'function_call_output') return
    const [callId, output] = [field(item, 'call_id'), field(item, 'output')]
    if (typeof callId !== 'string' || typeof output !== 'string') return
    const isRun = field(parsed(output), 'status') === 'done'
    if (isRun && this.#asked.get(callId) === false) this.problems.push('a tool was run on unsound arguments')
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}
