import { initialResponses, stepResponses } from '../../../src/openai/responses.ts'
import type { ResponsesEffect, ResponsesEvent, ResponsesState } from '../../../src/openai/responses.ts'

/** One thing that may happen between a client, a wire with delay both ways, and a provider. */
export type Move =
  | 'want'
  | 'wantPurpose'
  | 'toServer'
  | 'toClient'
  | 'finish'
  | 'callerStarts'
  | 'callerStops'
  | 'toolCall'
  | 'answer'
  | 'stumble'

type ToServer =
  { kind: 'create'; key: string } | { kind: 'cancel'; responseId: string } | { kind: 'item'; itemId: string }
type Wish = { readonly purpose: boolean; readonly itemsBefore: readonly string[] }
type Call = { readonly callId: string; readonly responseId: string; answered: boolean }

/**
 * The sequencer against a small provider that follows the rules of the protocol, with messages in flight both ways.
 * It keeps its own account of what was wished for and notes every broken rule in `faults`.
 */
export class ResponsesWorld {
  readonly faults: string[] = []
  /** How often a reply was given up, and how often one stood for a wish: proof that a run met these cases. */
  gaveUp = 0
  covered = 0
  readonly #turns: { repliesToTurns: boolean; interrupts: boolean }
  #state: ResponsesState
  readonly #up: ToServer[] = []
  readonly #down: { event: ResponsesEvent; itemsSeen: readonly string[] }[] = []

  // The provider.
  #active: { id: string; key?: string } | undefined
  #speaking = false
  #stumbles = false
  #responses = 0
  #itemsSeen: string[] = []

  // The account.
  #wishes: Wish[] = []
  #returned: readonly Wish[] = []
  #inFlight: { key: string; wishes: Wish[] } | undefined
  #items: string[] = []
  #calls: Call[] = []
  #wished = 0
  #creates = 0
  #heldRounds = new Set<string>()

  constructor(turns: { repliesToTurns: boolean; interrupts: boolean }) {
    this.#turns = turns
    this.#state = initialResponses(turns)
    this.#tell({ kind: 'ready' })
  }

  play(move: Move): void {
    switch (move) {
      case 'want':
      case 'wantPurpose':
        return this.#wish(move === 'wantPurpose')
      case 'toServer':
        return this.#serve()
      case 'toClient':
        return this.#deliver()
      case 'finish':
        return this.#finish()
      case 'callerStarts':
        return this.#callerStarts()
      case 'callerStops':
        return this.#callerStops()
      case 'toolCall':
        return this.#toolCall()
      case 'answer':
        return this.#answer()
      case 'stumble':
        this.#stumbles = true
    }
  }

  /** Lets everything come to rest: messages arrive, responses end, calls are answered, waits run out. */
  drain(): void {
    this.#stumbles = false
    for (let round = 0; round < 200; round++) {
      while (this.#up.length > 0 || this.#down.length > 0) {
        this.#serve()
        this.#deliver()
      }
      if (this.#speaking) this.#callerStops()
      else if (this.#active) this.#finish()
      else if (this.#calls.some((call) => !call.answered)) this.#answer()
      else if (this.#state.waitFor) this.#tell({ kind: 'waitOver', token: this.#state.waitToken })
      else break
    }
    if (this.#state.wanted || this.#state.sent || this.#state.running) this.faults.push('never came to rest')
    if (this.#wishes.length > 0) this.faults.push('a wish was lost')
    if (this.#creates > 2 * this.#wished) this.faults.push(`${this.#creates} creates, ${this.#wished} wishes`)
  }

  #wish(purpose: boolean): void {
    this.#wished++
    this.#wishes.push({ purpose, itemsBefore: [...this.#items] })
    this.#tell({ kind: 'wanted', request: purpose ? { purpose: 'question' } : {} })
  }

  #serve(): void {
    const message = this.#up.shift()
    if (!message) return
    switch (message.kind) {
      case 'create':
        if (this.#active) return this.#say(refusal(message.key, 'afterDone'))
        if (this.#stumbles) {
          this.#stumbles = false
          return this.#say(refusal(message.key, 'now'))
        }
        return this.#start(message.key)
      case 'cancel':
        if (this.#active?.id === message.responseId) this.#finish()
        return
      case 'item':
        this.#itemsSeen = [...this.#itemsSeen, message.itemId]
        return this.#say({ kind: 'itemSeen', itemId: message.itemId })
    }
  }

  #deliver(): void {
    const next = this.#down.shift()
    if (!next) return
    const { event, itemsSeen } = next
    const wantedBefore = this.#state.wanted !== undefined
    const cancelled = this.#state.sent?.cancelWanted === true
    if (event.kind === 'turnCommitted') this.#heldRounds.clear()
    const { key, wishes } = this.#inFlight ?? { key: '', wishes: [] }
    if (event.kind === 'created' && event.replyKey === key) this.#inFlight = undefined
    if (event.kind === 'refused' && event.key === key) {
      this.#inFlight = undefined
      // Taken back before the sequencer acts, for it may ask again in the same step.
      if (!cancelled) this.#wishes.unshift(...wishes)
      this.#returned = wishes
    }
    if (event.kind === 'created' && event.replyKey === undefined && wantedBefore) {
      this.#covered(event, itemsSeen)
      return
    }
    this.#tell(event)
  }

  /** The reply to a turn may stand for a wish only if all that was sent before the wish was in its context. */
  #covered(event: ResponsesEvent, itemsSeen: readonly string[]): void {
    this.#tell(event)
    if (this.#state.wanted) return
    const bad = this.#wishes.some(
      (wish) => wish.purpose || !wish.itemsBefore.every((item) => itemsSeen.includes(item)),
    )
    if (bad) this.faults.push('a wish was taken for covered')
    this.covered++
    this.#wishes = []
  }

  #finish(): void {
    if (!this.#active) return
    const { id, key } = this.#active
    this.#active = undefined
    this.#say({ kind: 'done', responseId: id, ...(key !== undefined && { replyKey: key }) })
  }

  #callerStarts(): void {
    if (this.#speaking) return
    this.#speaking = true
    this.#say({ kind: 'speechStarted' })
    if (this.#turns.interrupts) this.#finish()
  }

  #callerStops(): void {
    if (!this.#speaking) return
    this.#speaking = false
    this.#say({ kind: 'turnCommitted' })
    if (this.#turns.repliesToTurns && !this.#active) this.#start()
  }

  #start(key?: string): void {
    const id = `r${++this.#responses}`
    this.#active = { id, ...(key !== undefined && { key }) }
    this.#say({ kind: 'created', responseId: id, ...(key !== undefined && { replyKey: key }) })
  }

  #toolCall(): void {
    if (!this.#active) return
    const call = { callId: `c${this.#calls.length}`, responseId: this.#active.id, answered: false }
    this.#calls.push(call)
    this.#say({ kind: 'toolCalled', responseId: call.responseId, callId: call.callId })
  }

  #answer(): void {
    const call = this.#calls.find(({ answered, callId }) => !answered && this.#knows(callId))
    if (!call) return
    call.answered = true
    const itemId = `i${this.#items.length}`
    this.#items.push(itemId)
    this.#tell({ kind: 'itemSent', itemId })
    this.#up.push({ kind: 'item', itemId })
    const others = this.#calls.some((other) => other.responseId === call.responseId && !other.answered)
    if (others) this.#heldRounds.add(call.responseId)
    else this.#heldRounds.delete(call.responseId)
    this.#tell({ kind: 'toolAnswered', callId: call.callId })
    this.#wish(false)
  }

  #knows(callId: string): boolean {
    return this.#state.calls.some((call) => call.callId === callId && !call.answered)
  }

  #say(event: ResponsesEvent): void {
    this.#down.push({ event, itemsSeen: this.#itemsSeen })
  }

  #tell(event: ResponsesEvent): void {
    const { state, effects } = stepResponses(this.#state, event)
    this.#state = state
    for (const effect of effects) this.#perform(effect)
    const open = this.#wishes.length > 0
    if (event.kind !== 'created' && open !== (state.wanted !== undefined)) {
      this.faults.push(
        `${event.kind}: wishes ${this.#wishes.length}, wanted ${String(state.wanted !== undefined)}`,
      )
    }
  }

  #perform(effect: ResponsesEffect): void {
    switch (effect.kind) {
      case 'create': {
        if (this.#inFlight) this.faults.push('two creates in flight')
        const purpose = this.#wishes.some((wish) => wish.purpose)
        if (purpose !== (effect.request.purpose !== undefined)) this.faults.push('a purpose was lost')
        if (!purpose && this.#heldRounds.size > 0) this.faults.push('a half answered tool round')
        this.#creates++
        this.#inFlight = { key: effect.key, wishes: this.#wishes }
        this.#wishes = []
        this.#up.push({ kind: 'create', key: effect.key })
        return
      }
      case 'cancel':
        this.#up.push({ kind: 'cancel', responseId: effect.responseId })
        return
      case 'gaveUp':
        // Told to the call: not lost. What was wanted meanwhile goes its own way.
        this.gaveUp++
        this.#wishes = this.#wishes.filter((wish) => !this.#returned.includes(wish))
        return
      case 'wait':
    }
  }
}

function refusal(key: string, retry: 'afterDone' | 'now'): ResponsesEvent {
  return { kind: 'refused', key, retry, code: 'some_code' }
}
