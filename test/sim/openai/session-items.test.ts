import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConversationItem } from 'openai/resources/realtime/realtime'
import { SessionDriver } from './session-driver.ts'

const say = (text: string, id?: string): ConversationItem => ({
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text }],
  ...(id === undefined ? {} : { id }),
})

function create(driver: SessionDriver, item: ConversationItem, previous_item_id?: string): SessionDriver {
  const place = previous_item_id === undefined ? {} : { previous_item_id }
  return driver.send({ type: 'conversation.item.create', item, ...place })
}

function truncate(driver: SessionDriver, item_id: string, audio_end_ms: number): SessionDriver {
  return driver.send({ type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms })
}

/** A session in which one message of the given length has been said; and the id of that message. */
function spoken(audioMs: number): { driver: SessionDriver; itemId: string } {
  const driver = new SessionDriver({ replies: [{ say: 'A few words.', audioMs }] })
  driver.send({ type: 'response.create' }).wait(60_000)
  const itemId = driver.last('response.output_item.done').item.id ?? ''
  driver.take()
  return { driver, itemId }
}

describe('SessionItems.create()', () => {
  it('answers with added and done, and says what stands before', () => {
    const driver = new SessionDriver()
    driver.take()
    create(driver, say('one', 'item_1'))
    expect(driver.takeTypes()).toEqual(['conversation.item.added', 'conversation.item.done'])
    create(driver, say('two', 'item_2'))
    create(driver, say('between', 'item_b'), 'item_1')
    create(driver, say('first', 'item_0'), 'root')
    create(driver, say('last'))
    expect(driver.all('conversation.item.added').map((event) => event.previous_item_id)).toEqual([
      null,
      'item_1',
      'item_1',
      null,
      'item_2',
    ])
    expect(driver.last('conversation.item.done').item.id).toMatch(/^item_\w{21}$/)
  })

  it('refuses an id that is taken, and a place that is not there', () => {
    const driver = new SessionDriver()
    create(driver, say('one', 'item_1'))
    create(driver, say('again', 'item_1'))
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param: 'item.id' })
    create(driver, say('x'), 'item_9')
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param: 'previous_item_id' })
  })

  it('takes a replayed call with its output, and refuses an output without its call', () => {
    const driver = new SessionDriver()
    create(driver, { type: 'function_call', call_id: 'call_1', name: 'get_hours', arguments: '{}' })
    create(driver, { type: 'function_call_output', call_id: 'call_1', output: '{}' })
    expect(driver.all('error')).toEqual([])
    create(driver, { type: 'function_call_output', call_id: 'call_2', output: '{}' })
    expect(driver.last('error').error).toMatchObject({ code: 'invalid_tool_call_id', param: null })
    expect(driver.last('error').error.message).toContain('call_2')
  })

  it('orphans an output, when its call is deleted', () => {
    const driver = new SessionDriver()
    create(driver, { type: 'function_call', id: 'item_c', call_id: 'call_1', name: 'a', arguments: '{}' })
    driver.send({ type: 'conversation.item.delete', item_id: 'item_c' })
    create(driver, { type: 'function_call_output', call_id: 'call_1', output: '{}' })
    expect(driver.lastError().code).toBe('invalid_tool_call_id')
  })

  it('takes an output while the response runs, and adds it after response.done', () => {
    const driver = new SessionDriver({
      replies: [
        { preamble: 'Let me see.', calls: [{ name: 'look', arguments: { text: 'x'.repeat(2000) } }] },
      ],
    })
    driver.send({ type: 'response.create' }).wait(700)
    const { item } = driver.last('response.output_item.added')
    const call_id = item.type === 'function_call' ? (item.call_id ?? '') : ''
    driver.take()
    create(driver, { type: 'function_call_output', call_id, output: '{}' })
    expect(driver.take()).toEqual([])
    driver.wait(10_000)
    const types = driver.takeTypes()
    expect(types.slice(types.indexOf('response.done'))).toEqual([
      'response.done',
      'rate_limits.updated',
      'conversation.item.added',
      'conversation.item.done',
    ])
    expect(driver.last('conversation.item.done').item).toMatchObject({
      type: 'function_call_output',
      call_id,
    })
  })

  it('goes on only when asked, after an output', () => {
    const driver = new SessionDriver({
      replies: [{ calls: [{ name: 'look', arguments: {} }] }, { say: 'Found it.' }],
    })
    driver.send({ type: 'response.create' }).wait(5000)
    const { call_id } = driver.last('response.function_call_arguments.done')
    create(driver, { type: 'function_call_output', call_id, output: '{}' }).wait(60_000)
    expect(driver.all('response.created')).toHaveLength(1)
    driver.send({ type: 'response.create' }).wait(5000)
    expect(driver.last('response.output_audio_transcript.done').transcript).toBe('Found it.')
  })
})

describe('SessionItems.truncate()', () => {
  it('takes everything up to what was generated, and nothing more', () => {
    const { driver, itemId } = spoken(3700)
    truncate(driver, itemId, 3701)
    expect(driver.last('error').error).toMatchObject({
      code: 'invalid_value',
      param: 'audio_end_ms',
      message: 'Audio content of 3700ms is already shorter than 3701ms',
    })
    truncate(driver, itemId, 3700)
    expect(driver.last('conversation.item.truncated')).toMatchObject({ item_id: itemId, audio_end_ms: 3700 })
    expect(driver.record.truncations).toEqual([{ itemId, audioEndMs: 3700, generatedMs: 3700 }])
  })

  it('is measured against the shorter length, once an item is cut', () => {
    const { driver, itemId } = spoken(3000)
    truncate(driver, itemId, 1000)
    truncate(driver, itemId, 1001)
    expect(driver.last('error').error.message).toBe('Audio content of 1000ms is already shorter than 1001ms')
    truncate(driver, itemId, 0)
    expect(driver.record.truncations.map((cut) => cut.audioEndMs)).toEqual([1000, 0])
  })

  it('counts what is generated so far, while the response runs', () => {
    const driver = new SessionDriver({ replies: [{ say: 'Long.', audioMs: 8000 }] })
    driver.send({ type: 'response.create' }).wait(15 + 250 + 400)
    const itemId = driver.last('response.output_item.added').item.id ?? ''
    const sent = driver
      .all('response.output_audio.delta')
      .map((event) => Buffer.byteLength(event.delta, 'base64'))
    const sentMs = sent.reduce((sum, bytes) => sum + bytes, 0) / 48
    truncate(driver, itemId, sentMs + 1)
    expect(driver.lastError().code).toBe('invalid_value')
    truncate(driver, itemId, sentMs)
    expect(driver.record.truncations).toEqual([{ itemId, audioEndMs: sentMs, generatedMs: sentMs }])
  })

  it('adds nothing to an item once it is cut, though the response goes on', () => {
    const driver = new SessionDriver({ replies: [{ say: 'Long.', audioMs: 8000 }] })
    driver.send({ type: 'response.create' }).wait(15 + 250 + 400)
    const itemId = driver.last('response.output_item.added').item.id ?? ''
    truncate(driver, itemId, 500).wait(10_000)
    expect(driver.last('response.output_item.done').item).toMatchObject({
      content: [{ type: 'output_audio' }],
    })
    truncate(driver, itemId, 501)
    expect(driver.last('error').error.message).toBe('Audio content of 500ms is already shorter than 501ms')
    expect(driver.last('response.done').response.usage?.output_token_details?.audio_tokens).toBe(160)
  })

  it('drops the transcript and the rest of the sound', () => {
    const { driver, itemId } = spoken(3000)
    truncate(driver, itemId, 500)
    driver.send({ type: 'conversation.item.retrieve', item_id: itemId })
    const { item } = driver.last('conversation.item.retrieved')
    const part = item.type === 'message' && item.role === 'assistant' ? item.content[0] : undefined
    expect(part?.transcript).toBeUndefined()
    expect(Buffer.byteLength(part?.audio ?? '', 'base64')).toBe(500 * 48)
  })

  it('refuses an item without audio of the model, and an item that is not there', () => {
    const driver = new SessionDriver({
      replies: [{ calls: [{ name: 'a', arguments: {} }] }, { say: 'Long.', audioMs: 4000 }],
    })
    create(driver, say('typed', 'item_user'))
    create(driver, {
      type: 'message',
      role: 'assistant',
      id: 'item_text',
      content: [{ type: 'output_text', text: 'x' }],
    })
    driver.send({ type: 'response.create' }).wait(5000)
    const callItem = driver.last('response.output_item.done').item.id ?? ''
    for (const itemId of ['item_user', 'item_text', callItem]) {
      truncate(driver, itemId, 0)
      expect(driver.lastError()).toEqual({ code: 'unsupported_content_type', param: 'item_id' })
    }
    truncate(driver, 'item_none', 0)
    expect(driver.lastError()).toEqual({ code: 'item_truncate_invalid_item_id', param: 'item_id' })
    driver.send({ type: 'response.create' }).wait(15 + 250)
    truncate(driver, driver.last('response.output_item.added').item.id ?? '', 0)
    expect(driver.lastError().code).toBe('unsupported_content_type')
  })

  it('refuses exactly what is longer than generated, whatever the lengths', () => {
    const property = fc.property(
      fc.integer({ min: 20, max: 5000 }),
      fc.integer({ min: 0, max: 6000 }),
      (audioMs, endMs) => {
        const { driver, itemId } = spoken(audioMs)
        truncate(driver, itemId, endMs)
        expect(driver.all('conversation.item.truncated').length).toBe(endMs <= audioMs ? 1 : 0)
        expect(driver.all('error').length).toBe(endMs <= audioMs ? 0 : 1)
      },
    )
    fc.assert(property, { seed: 3, numRuns: 60 })
  })
})

describe('SessionItems.retrieve() and delete()', () => {
  it('lets go of the oldest sound above 16 MiB, and of nothing else', () => {
    const driver = new SessionDriver()
    const audio = Buffer.alloc(6 * 1024 * 1024).toString('base64')
    for (const id of ['item_1', 'item_2', 'item_3']) {
      create(driver, { type: 'message', role: 'user', id, content: [{ type: 'input_audio', audio }] })
    }
    const kept = ['item_1', 'item_2', 'item_3'].map((item_id) => {
      driver.send({ type: 'conversation.item.retrieve', item_id })
      const { item } = driver.last('conversation.item.retrieved')
      return item.type === 'message' && item.role === 'user' && item.content[0]?.audio !== undefined
    })
    expect(kept).toEqual([false, true, true])
    expect(JSON.stringify(driver.record.received).length).toBeLessThan(2000)
  })

  it('gives an item with its sound, and forgets it after a delete', () => {
    const { driver, itemId } = spoken(1000)
    driver.send({ type: 'conversation.item.retrieve', item_id: itemId })
    const { item } = driver.last('conversation.item.retrieved')
    const part = item.type === 'message' && item.role === 'assistant' ? item.content[0] : undefined
    expect(part).toMatchObject({ type: 'output_audio', transcript: 'A few words.' })
    expect(Buffer.byteLength(part?.audio ?? '', 'base64')).toBe(48_000)
    driver.send({ type: 'conversation.item.delete', item_id: itemId })
    expect(driver.last('conversation.item.deleted').item_id).toBe(itemId)
    driver.send({ type: 'conversation.item.delete', item_id: itemId })
    expect(driver.lastError()).toEqual({ code: 'item_delete_invalid_item_id', param: 'item_id' })
    driver.send({ type: 'conversation.item.retrieve', item_id: itemId })
    expect(driver.lastError()).toEqual({ code: 'item_retrieve_invalid_item_id', param: 'item_id' })
  })

  it('has no output audio buffer to clear on a websocket', () => {
    const driver = new SessionDriver()
    driver.send({ type: 'output_audio_buffer.clear' })
    expect(driver.lastError()).toEqual({ code: 'invalid_value', param: 'type' })
  })
})
