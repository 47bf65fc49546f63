import type { ClientEvent } from './client-event-schema.ts'
import { storedItem } from './client-item.ts'
import { retrievedItem, unknownItem } from './conversation.ts'
import type { StoredItem } from './conversation.ts'
import { refusal } from './refusal.ts'
import type { Refusal } from './refusal.ts'
import type { SessionContext } from './session-context.ts'

type CreateEvent = Extract<ClientEvent, { type: 'conversation.item.create' }>
type TruncateEvent = Extract<ClientEvent, { type: 'conversation.item.truncate' }>

/** Outputs that wait for the end of a response; a client that sends more is refused. */
const MAX_DEFERRED = 128

/** What a client may do to the items of the conversation. Each method returns why not, when it refuses. */
export class SessionItems {
  readonly #context: SessionContext
  readonly #busy: () => boolean
  readonly #deferred: { readonly item: StoredItem; readonly after: string | null | undefined }[] = []

  /** @param busy whether a response is on its way: outputs of calls then wait for its end */
  constructor(context: SessionContext, busy: () => boolean) {
    this.#context = context
    this.#busy = busy
  }

  create(event: CreateEvent): Refusal | undefined {
    const { conversation } = this.#context
    const { item, previous_item_id: after } = event
    if (item.id !== undefined && conversation.find(item.id)) {
      return refusal('invalid_value', `Item with id '${item.id}' already exists.`, 'item.id')
    }
    if (after && after !== 'root' && !conversation.find(after)) {
      return refusal('invalid_value', `Previous item with id '${after}' does not exist.`, 'previous_item_id')
    }
    if (item.type === 'function_call_output' && !conversation.hasCall(item.call_id)) {
      return refusal('invalid_tool_call_id', `Tool call ID '${item.call_id}' not found in conversation.`)
    }
    const stored = storedItem(item, this.#context)
    if (item.type !== 'function_call_output' || !this.#busy()) {
      this.add(stored, after)
      return undefined
    }
    if (this.#deferred.length >= MAX_DEFERRED) {
      return refusal('rate_limit_exceeded', 'Too many outputs are waiting for the response to end.')
    }
    this.#deferred.push({ item: stored, after })
    return undefined
  }

  /** Puts an item into the conversation and says so. */
  add(item: StoredItem, after?: string | null): void {
    const { conversation } = this.#context
    if (conversation.full) {
      this.#context.hangUp({ kind: 'close', code: 1011, reason: 'The conversation has too many items.' })
      return
    }
    const previous_item_id = conversation.insert(item, after)
    this.#context.send({ type: 'conversation.item.added', previous_item_id, item: item.wire })
    this.#context.send({ type: 'conversation.item.done', previous_item_id, item: item.wire })
    this.#recordText(item)
  }

  /** The response has ended: what waited for that enters the conversation. */
  flush(): void {
    for (const { item, after } of this.#deferred.splice(0)) this.add(item, after)
  }

  retrieve(itemId: string): Refusal | undefined {
    const item = this.#context.conversation.find(itemId)
    if (!item) return unknownItem('retrieve', itemId)
    this.#context.send({ type: 'conversation.item.retrieved', item: retrievedItem(item) })
    return undefined
  }

  delete(itemId: string): Refusal | undefined {
    if (!this.#context.conversation.remove(itemId)) return unknownItem('delete', itemId)
    this.#context.send({ type: 'conversation.item.deleted', item_id: itemId })
    return undefined
  }

  truncate(event: TruncateEvent): Refusal | undefined {
    const { item_id, content_index, audio_end_ms } = event
    const cut = this.#context.conversation.truncate({
      id: item_id,
      contentIndex: content_index,
      audioEndMs: audio_end_ms,
    })
    if (!('generatedMs' in cut)) return cut
    this.#context.record.addTruncation({
      itemId: item_id,
      audioEndMs: audio_end_ms,
      generatedMs: cut.generatedMs,
    })
    this.#context.send({ type: 'conversation.item.truncated', item_id, content_index, audio_end_ms })
    return undefined
  }

  #recordText(item: StoredItem): void {
    const { wire } = item
    if (wire.type !== 'message') return
    const text = wire.content.map((part) => part.text ?? '').join(' ')
    if (text !== '') this.#context.record.addLine({ itemId: wire.id, role: wire.role, text })
  }
}
