import type {
  ConversationItemAdded,
  ConversationItemDone,
  RealtimeConversationItemAssistantMessage,
  RealtimeConversationItemFunctionCall,
  RealtimeConversationItemFunctionCallOutput,
  RealtimeConversationItemSystemMessage,
  RealtimeConversationItemUserMessage,
  RealtimeMcpApprovalResponse,
  RealtimeResponse,
  RealtimeServerEvent,
  RealtimeSessionCreateRequest,
  ResponseCreatedEvent,
  ResponseDoneEvent,
  ResponseOutputItemAddedEvent,
  ResponseOutputItemDoneEvent,
  SessionCreatedEvent,
  SessionUpdatedEvent,
} from 'openai/resources/realtime/realtime'
import type { SeededRandom } from './seeded-random.ts'
import type { SessionConfig } from './session-config.ts'

/**
 * The official types leave out that the server writes null where there is nothing, and the fields seen on the wire
 * that no document lists. Everything else about an event is checked against those types by the compiler.
 */
type WithNull<T, Key extends keyof T> = Omit<T, Key> & { [P in Key]-?: Exclude<T[P], undefined> | null }
type UserContent = Omit<RealtimeConversationItemUserMessage.Content, 'transcript'> & {
  transcript?: string | null
}

/** Where in an answer a message stands; sent at times, in no document. */
export type Phase = 'commentary' | 'final_answer'

/** An item as the server writes it. */
export type WireItem = { readonly id: string } & (
  | RealtimeConversationItemSystemMessage
  | (Omit<RealtimeConversationItemUserMessage, 'content'> & { content: UserContent[] })
  | (RealtimeConversationItemAssistantMessage & { phase?: Phase })
  | RealtimeConversationItemFunctionCall
  | RealtimeConversationItemFunctionCallOutput
  | RealtimeMcpApprovalResponse
)

/** A response as the server writes it. */
export type WireResponse = WithNull<
  Omit<RealtimeResponse, 'output'>,
  'status_details' | 'usage' | 'conversation_id' | 'metadata'
> & { readonly output: readonly WireItem[] }

/** Never, and so a broken build, if the session here has a field that the official types do not know. */
type KnownSession = [Exclude<keyof SessionConfig, keyof RealtimeSessionCreateRequest>] extends [never]
  ? SessionConfig
  : never

/** A session as the server writes it. */
export type WireSession = KnownSession & {
  readonly id: string
  readonly object: 'realtime.session'
  readonly model: string
  readonly expires_at: number
}

type Replace<Event, Field extends string, Value> = Omit<Event, Field> & { [P in Field]: Value }
type Replaced =
  | Replace<ConversationItemAdded, 'item', WireItem>
  | Replace<ConversationItemDone, 'item', WireItem>
  | Replace<RealtimeServerEvent.ConversationItemRetrieved, 'item', WireItem>
  | Replace<ResponseOutputItemAddedEvent, 'item', WireItem>
  | Replace<ResponseOutputItemDoneEvent, 'item', WireItem>
  | Replace<ResponseCreatedEvent, 'response', WireResponse>
  | Replace<ResponseDoneEvent, 'response', WireResponse>
  | Replace<SessionCreatedEvent, 'session', WireSession>
  | Replace<SessionUpdatedEvent, 'session', WireSession>

/** In the types, but never on a plain websocket of the GA dialect without remote MCP. */
type NeverSent =
  | 'conversation.created'
  | 'conversation.item.created'
  | 'input_audio_buffer.dtmf_event_received'
  | `output_audio_buffer.${string}`
  | `mcp_list_tools.${string}`
  | `response.mcp_call${string}`

/** Every event that the server may send. */
export type ServerEvent = Exclude<RealtimeServerEvent, { type: Replaced['type'] | NeverSent }> | Replaced

type WithoutId<Event> = Event extends ServerEvent ? Omit<Event, 'event_id'> : never
/** An event that has not been given its id yet. */
export type ServerEventBody = WithoutId<ServerEvent>

/** Gives events their ids and, at times, the padding that the real server adds to deltas. */
export class EventStamp {
  readonly #random: SeededRandom
  readonly #paddingChance: number

  /** @param paddingChance 0 to 1: how often a delta carries `obfuscation` */
  constructor(random: SeededRandom, paddingChance: number) {
    this.#random = random
    this.#paddingChance = paddingChance
  }

  stamp(body: ServerEventBody): ServerEvent & { obfuscation?: string } {
    const event_id = `event_${this.#random.word(21)}`
    // Type and id come first on the wire, as from the real server; the spread keeps their places.
    const first: object = { type: body.type }
    const event: ServerEvent = { ...first, event_id, ...body }
    const padded = body.type.startsWith('response.') && body.type.endsWith('.delta')
    return padded && this.#random.chance(this.#paddingChance)
      ? { ...event, obfuscation: this.#random.word(this.#random.between(4, 16)) }
      : event
  }
}
