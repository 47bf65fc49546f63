import { describe, expect, it } from 'vitest'
import { SessionDriver } from './session-driver.ts'

function order(text: string): string {
  return `Say exactly this and nothing else: "${text}"`
}

describe('ResponseDesk, one at a time', () => {
  it('refuses a second response and names the first, from the request on', () => {
    const driver = new SessionDriver()
    driver.send({ type: 'response.create' }).send({ type: 'response.create', event_id: 'evt_2' })
    const error = driver.last('error').error
    expect(error).toMatchObject({ code: 'conversation_already_has_active_response', event_id: 'evt_2' })
    driver.wait(15)
    expect(error.message).toContain(driver.last('response.created').response.id)
    driver.send({ type: 'response.create' }).wait(10_000)
    expect(driver.all('error')).toHaveLength(2)
    driver.send({ type: 'response.create' }).wait(10_000)
    expect(driver.all('error')).toHaveLength(2)
    expect(driver.all('response.done')).toHaveLength(2)
  })

  it('has nothing to cancel before response.created: the response still comes', () => {
    const driver = new SessionDriver()
    driver.send({ type: 'response.create' }).send({ type: 'response.cancel' })
    expect(driver.lastError().code).toBe('response_cancel_not_active')
    driver.wait(10_000)
    expect(driver.last('response.done').response.status).toBe('completed')
  })

  it('has nothing to cancel after response.done, nor under another id', () => {
    const driver = new SessionDriver()
    driver.send({ type: 'response.create' }).wait(300)
    driver.send({ type: 'response.cancel', response_id: 'resp_other' })
    expect(driver.lastError().code).toBe('response_cancel_not_active')
    driver.wait(10_000).send({ type: 'response.cancel' })
    expect(driver.all('error')).toHaveLength(2)
    expect(driver.last('response.done').response.status).toBe('completed')
  })

  it('says so in an error of its own, when a turn ends while a response goes on', () => {
    const driver = new SessionDriver({ replies: [{ say: 'Long.', audioMs: 30_000 }] })
    const turn_detection = { type: 'server_vad' as const, interrupt_response: false }
    driver.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { turn_detection } } },
    })
    driver.send({ type: 'response.create' }).wait(600)
    driver.speak(300).silence(600)
    expect(driver.last('error').error).toMatchObject({
      code: 'conversation_already_has_active_response',
      event_id: null,
    })
  })

  it('swallows the replies that a fault names: neither created nor refused', () => {
    const driver = new SessionDriver({
      replies: [{ say: 'one' }, { say: 'two' }, { say: 'three' }],
      faults: [{ kind: 'noReply', from: 2, count: 1 }],
    })
    for (let turn = 0; turn < 3; turn++) driver.send({ type: 'response.create' }).wait(10_000)
    expect(driver.all('response.output_audio_transcript.done').map((event) => event.transcript)).toEqual([
      'one',
      'three',
    ])
    expect(driver.all('error')).toEqual([])
  })

  it('says the stock sentence, when the replies are used up', () => {
    const driver = new SessionDriver({ replies: [] })
    driver.send({ type: 'response.create' }).wait(10_000)
    expect(driver.last('response.output_audio_transcript.done').transcript).toContain('anything else')
  })
})

describe('ResponseDesk, beside the conversation', () => {
  it('runs while another speaks, adds nothing to the conversation and is known by its metadata', () => {
    const driver = new SessionDriver({
      replies: [{ say: 'To the caller.', audioMs: 4000 }],
      sideReplies: [{ say: 'urgent' }],
    })
    driver.send({ type: 'response.create' }).wait(300)
    driver.take()
    const metadata = { topic: 'triage' }
    const output_modalities: 'text'[] = ['text']
    driver.send({
      type: 'response.create',
      response: { conversation: 'none', input: [], metadata, output_modalities },
    })
    driver.wait(5000)
    expect(driver.all('error')).toEqual([])
    const side = driver.all('response.done').find((event) => event.response.metadata?.['topic'] === 'triage')
    expect(side?.response).toMatchObject({
      conversation_id: null,
      output: [{ content: [{ text: 'urgent' }] }],
    })
    expect(driver.all('conversation.item.added')).toHaveLength(1)
    const itemId = side?.response.output[0]?.id ?? ''
    driver.send({ type: 'conversation.item.retrieve', item_id: itemId })
    expect(driver.lastError().code).toBe('item_retrieve_invalid_item_id')
  })

  it('can be cancelled by its id alone', () => {
    const driver = new SessionDriver({ sideReplies: [{ say: 'Long.', audioMs: 8000 }] })
    driver.send({ type: 'response.create', response: { conversation: 'none' } }).wait(300)
    driver.send({ type: 'response.cancel' })
    expect(driver.lastError().code).toBe('response_cancel_not_active')
    driver.send({ type: 'response.cancel', response_id: driver.last('response.created').response.id ?? '' })
    expect(driver.last('response.done').response.status).toBe('cancelled')
  })

  it('is not cancelled by speech', () => {
    const driver = new SessionDriver({ sideReplies: [{ say: 'Long.', audioMs: 8000 }] })
    driver.send({ type: 'response.create', response: { conversation: 'none' } }).wait(300)
    driver.speak(200).wait(5000)
    expect(driver.all('response.done').map((event) => event.response.status)).toEqual(['completed'])
  })

  it('takes references to items, and refuses one to nothing', () => {
    const driver = new SessionDriver()
    const text = { type: 'input_text' as const, text: 'hello' }
    driver.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', id: 'item_a', content: [text] },
    })
    const create = (id: string): void => {
      const input = [{ type: 'item_reference', id }]
      driver.sendRaw({ type: 'response.create', response: { conversation: 'none', input } }).wait(5000)
    }
    create('item_a')
    expect(driver.all('error')).toEqual([])
    create('item_b')
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param: 'response.input[0].id' })
  })

  it('runs sixteen at once and no more', () => {
    const driver = new SessionDriver()
    for (let count = 0; count < 17; count++) {
      driver.send({ type: 'response.create', response: { conversation: 'none' } })
    }
    expect(driver.all('error').map((event) => event.error.code)).toEqual(['rate_limit_exceeded'])
  })
})

describe('ResponseDesk, orders and overrides', () => {
  it('says exactly what it is told, without using up a reply', () => {
    const driver = new SessionDriver({ replies: [{ say: 'first reply' }] })
    const text = 'Shall I send "the list" to Anna?'
    driver.send({ type: 'response.create', response: { instructions: order(text) } }).wait(10_000)
    expect(driver.last('response.output_audio_transcript.done').transcript).toBe(text)
    driver.send({ type: 'response.create' }).wait(10_000)
    expect(driver.last('response.output_audio_transcript.done').transcript).toBe('first reply')
  })

  it('deviates from the order, when the script says so', () => {
    const driver = new SessionDriver({ exactReplies: [null, { say: 'I sent it already.' }] })
    for (let count = 0; count < 3; count++) {
      driver.send({ type: 'response.create', response: { instructions: order('Shall I?') } }).wait(10_000)
    }
    const said = driver.all('response.output_audio_transcript.done').map((event) => event.transcript)
    expect(said).toEqual(['Shall I?', 'I sent it already.', 'Shall I?'])
  })

  it('refuses a tool choice among its own tools, and echoes its own format', () => {
    const driver = new SessionDriver()
    const tool_choice = { type: 'function' as const, name: 'b' }
    driver.send({
      type: 'response.create',
      response: { tools: [{ type: 'function', name: 'a' }], tool_choice },
    })
    expect(driver.lastError().param).toBe('response.tool_choice.name')
    driver.send({
      type: 'response.create',
      response: { audio: { output: { format: { type: 'audio/pcmu' } } }, max_output_tokens: 100 },
    })
    driver.wait(15)
    expect(driver.last('response.created').response).toMatchObject({
      max_output_tokens: 100,
      audio: { output: { format: { type: 'audio/pcmu' } } },
    })
  })

  it('bills what was typed, called and answered', () => {
    const driver = new SessionDriver()
    const bill = (): number => {
      driver
        .send({ type: 'response.create', response: { output_modalities: ['text'], instructions: 'x' } })
        .wait(5000)
      return driver.last('response.done').response.usage?.input_token_details?.text_tokens ?? 0
    }
    const before = bill()
    const text = 'words '.repeat(100)
    driver.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
    })
    const typed = bill()
    expect(typed - before).toBeGreaterThanOrEqual(150)
    driver.send({
      type: 'conversation.item.create',
      item: { type: 'function_call', call_id: 'c', name: 'a', arguments: text },
    })
    driver.send({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: 'c', output: text },
    })
    expect(bill() - typed).toBeGreaterThanOrEqual(300)
  })

  it('bills the whole conversation again on every response, mostly cached', () => {
    const driver = new SessionDriver({
      replies: Array.from({ length: 4 }, () => ({ say: 'Words '.repeat(20), audioMs: 6000 })),
    })
    for (let turn = 0; turn < 4; turn++) driver.send({ type: 'response.create' }).wait(10_000)
    const usages = driver.all('response.done').map((event) => event.response.usage)
    const inputs = usages.map((usage) => usage?.input_tokens ?? 0)
    expect(inputs.toSorted((a, b) => a - b)).toEqual(inputs)
    expect(inputs[3]).toBeGreaterThan((inputs[0] ?? 0) + 300)
    expect(usages.map((usage) => usage?.output_token_details?.audio_tokens)).toEqual([120, 120, 120, 120])
    expect(usages[0]?.input_token_details?.cached_tokens).toBe(0)
    expect(usages[3]?.input_token_details?.cached_tokens).toBeGreaterThan(128)
    for (const usage of usages) {
      expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0))
      expect(usage?.input_token_details?.cached_tokens ?? 0).toBeLessThanOrEqual(usage?.input_tokens ?? 0)
    }
  })
})
