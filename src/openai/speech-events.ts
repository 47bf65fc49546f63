import type { SpeechEvent } from '../ports/speech.ts'
import type { ItemLedger } from './items.ts'
import type { ResponsesEvent } from './responses.ts'
import type { ServerEvent, ServerItem } from './server-event.ts'

/** A server event that belongs to the conversation: everything but audio, the session itself, errors and noise. */
export type ConversationEvent = Exclude<
  ServerEvent,
  { kind: 'audio' | 'sessionCreated' | 'sessionUpdated' | 'error' | 'other' | 'malformed' }
>

/** What a conversation event means to the call and to the response sequencer; either may be missing. */
export type Meaning = {
  readonly speech?: SpeechEvent
  readonly responses?: ResponsesEvent
  /** It belongs to a response that the caller does not hear. */
  readonly ignored?: true
}

/**
 * Reads one conversation event and enters what it begins into the ledger. Events of out-of-band responses, and of
 * responses whose beginning was not seen, mean nothing to a call.
 */
export function meaningOf(event: ConversationEvent, ledger: ItemLedger, atMs: number): Meaning {
  switch (event.kind) {
    case 'speechStarted':
      return {
        speech: { kind: 'speechStarted', itemId: event.itemId, atMs },
        responses: { kind: 'speechStarted' },
      }
    case 'speechStopped':
      return { speech: { kind: 'speechStopped', itemId: event.itemId, atMs } }
    case 'turnCommitted':
      return {
        speech: { kind: 'turnCommitted', itemId: event.itemId, atMs },
        responses: { kind: 'turnCommitted' },
      }
    case 'callerText': {
      const { itemId, text, final } = event
      return { speech: { kind: 'callerTranscript', itemId, text, final, atMs } }
    }
    case 'callerTextFailed':
      return {
        speech: { kind: 'callerTranscriptFailed', itemId: event.itemId, code: event.code, atMs },
      }
    case 'itemAdded':
      return { responses: { kind: 'itemSeen', itemId: event.itemId } }
    case 'responseCreated':
    case 'responseDone':
      return event.outOfBand ? { ignored: true } : ofResponse(event, ledger, atMs)
    case 'outputItemAdded':
    case 'outputItemDone':
    case 'replyText':
    case 'audioDone':
      return ledger.hasResponse(event.responseId) ? ofReply(event, ledger, atMs) : { ignored: true }
  }
}

type ResponseEvent = Extract<ConversationEvent, { kind: 'responseCreated' | 'responseDone' }>

function ofResponse(event: ResponseEvent, ledger: ItemLedger, atMs: number): Meaning {
  const { responseId, replyKey } = event
  const key = replyKey === undefined ? {} : { replyKey }
  if (event.kind === 'responseCreated') {
    ledger.startResponse(responseId)
    const purpose = event.purpose === undefined ? {} : { purpose: event.purpose }
    const id = event.requestId === undefined ? {} : { id: event.requestId }
    return {
      speech: { kind: 'responseStarted', responseId, ...purpose, ...id, atMs },
      responses: { kind: 'created', responseId, ...key },
    }
  }
  const ended = { kind: 'done', responseId, ...key } as const
  // The beginning of one that we have asked for may have been unreadable. Any other end without a beginning concerns
  // nobody but who waits until the provider is free again.
  const isAnswer = replyKey !== undefined && !ledger.hasResponse(responseId)
  if (!ledger.isRunning(responseId) && !isAnswer) return { responses: ended }
  ledger.startResponse(responseId)
  ledger.endResponse(responseId)
  const { status, code, retryable, usage } = event
  return {
    speech: {
      kind: 'responseDone',
      responseId,
      status,
      ...(code !== undefined && { code }),
      retryable,
      ...(usage && { usage }),
      atMs,
    },
    responses: ended,
  }
}

type ReplyEvent = Extract<
  ConversationEvent,
  { kind: 'outputItemAdded' | 'outputItemDone' | 'replyText' | 'audioDone' }
>

function ofReply(event: ReplyEvent, ledger: ItemLedger, atMs: number): Meaning {
  const { responseId } = event
  switch (event.kind) {
    case 'replyText': {
      const { itemId, text, final } = event
      return { speech: { kind: 'replyText', responseId, itemId, text, final, atMs } }
    }
    case 'audioDone':
      return { speech: { kind: 'replyAudioDone', responseId, itemId: event.itemId, atMs } }
    case 'outputItemAdded': {
      const { item } = event
      if (item.kind !== 'message' || !ledger.startItem(item.itemId, { responseId, role: item.role }))
        return {}
      return { speech: { kind: 'replyStarted', responseId, itemId: item.itemId, atMs } }
    }
    case 'outputItemDone':
      return toolCall(event.item, { responseId, ledger, atMs })
  }
}

/** Only a completed call is a request: a cancelled response leaves calls with cut-off arguments behind. */
function toolCall(
  item: ServerItem,
  at: { readonly responseId: string; readonly ledger: ItemLedger; readonly atMs: number },
): Meaning {
  if (item.kind !== 'functionCall' || item.status !== 'completed') return {}
  const { callId, name } = item
  if (!at.ledger.startCall(callId)) return {}
  const { responseId, atMs } = at
  return {
    speech: { kind: 'toolRequested', responseId, callId, name, arguments: item.arguments, atMs },
    responses: { kind: 'toolCalled', responseId, callId },
  }
}
