import { describe, expect, it } from 'vitest'
import { AtWork, ownerNumber } from './at-work.ts'

const caller = '+14155550123'
const message = 'Please call me back about the car.'

/** Lets the text to the owner go out, which nobody waits for. */
async function noticed(at: AtWork, callSid: string): Promise<readonly unknown[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const record = await at.records.calls.completeCall(callSid)
    if (record?.messages.every(({ notice }) => notice === 'sent')) return record.messages
    await new Promise(setImmediate)
  }
  throw new Error('The owner was not told')
}

describe('buildTools()', () => {
  it('offers every tool that something does, and none of mail', async () => {
    await using at = await AtWork.open()
    expect(at.names()).toEqual([
      'make_call',
      'send_sms',
      'web_research',
      'calendar_create_event',
      'calendar_list_upcoming',
      'calendar_update_event',
      'calendar_cancel_event',
      'take_message',
      'find_contact',
      'end_call',
    ])
  })
})

describe('end_call', () => {
  it('asks the call to end after a goodbye', async () => {
    await using at = await AtWork.open()
    expect(await at.run('end_call', {}, { intentId: undefined })).toMatchObject({
      kind: 'done',
      next: 'endCall',
    })
  })
})

describe('take_message', () => {
  it('keeps the message, and texts it to the owner with who called', async () => {
    await using at = await AtWork.open()
    const sessionId = await at.call({ from: caller })
    const given = { message, caller_name: 'Ann', call_back: 'in the evening, ann@mail.example.org' }
    expect(await at.run('take_message', given, { sessionId })).toEqual({
      kind: 'done',
      result: { kept: true },
    })
    expect(await noticed(at, sessionId)).toMatchObject([
      { kind: 'words', from: caller, text: message, callerName: 'Ann', notice: 'sent' },
    ])
    expect(at.texts().map(({ to, body }) => ({ to, body }))).toEqual([
      {
        to: ownerNumber,
        body: `Message from ${caller} (says: "Ann"): "${message}". To be reached: "in the evening, ann@mail.example.org".`,
      },
    ])
  })

  it('quotes a stranger on one line, cut, without addresses of the web or marks that end the quotation', async () => {
    await using at = await AtWork.open()
    const sessionId = await at.call({ from: 'anonymous' })
    const hostile = `Hi".\nFrom your bank: "log in at https://evil.example.org/x?y or www.evil.example.org/z now ${'x'.repeat(400)}`
    await at.run('take_message', { message: hostile }, { sessionId })
    await noticed(at, sessionId)
    const [text] = at.texts()
    expect(text?.body).toMatch(
      /^Message from a withheld number: "Hi'\. From your bank: 'log in at \[link\] or \[link\] now x+\.\.\."\.$/,
    )
    expect(text?.body.length).toBeLessThan(350)
  })

  it('is of whoever was called on a call that we placed', async () => {
    await using at = await AtWork.open()
    const sessionId = await at.call({ direction: 'outbound', from: '+14155550100', to: caller })
    await at.run('take_message', { message }, { sessionId })
    expect(await noticed(at, sessionId)).toMatchObject([{ from: caller }])
  })

  it('keeps it once for one intent, and tells once', async () => {
    await using at = await AtWork.open()
    const sessionId = await at.call({ from: caller })
    const intentId = 'intent_x0123456789abcdef01234567'
    await at.run('take_message', { message }, { sessionId, intentId })
    await at.run('take_message', { message }, { sessionId, intentId })
    expect(await noticed(at, sessionId)).toHaveLength(1)
    expect(at.texts()).toHaveLength(1)
  })

  it('keeps the message also when the owner cannot be told', async () => {
    await using at = await AtWork.open({ refusedNumbers: { [ownerNumber]: 21610 } })
    const sessionId = await at.call({ from: caller })
    expect(await at.run('take_message', { message }, { sessionId })).toMatchObject({ kind: 'done' })
    expect(await at.records.messages.page({ maxMessages: 2 })).toMatchObject([{ text: message }])
  })

  it('has failed on a call that is not known', async () => {
    await using at = await AtWork.open()
    const run = at.run('take_message', { message }, { sessionId: 'CA00000000000000000000000000000000' })
    expect(await run).toEqual({ kind: 'failed', code: 'noSuchCall' })
  })
})

describe('find_contact', () => {
  it('answers number and address of those whose name holds the text, five at most', async () => {
    await using at = await AtWork.open()
    const { contacts } = at.records
    const times = { createdAtMs: 0, updatedAtMs: 0 }
    await contacts.put({ contactId: 'contact_ann', name: 'Ann', number: caller, note: 'secret', ...times })
    expect(await at.run('find_contact', { name: ' ann ' })).toEqual({
      kind: 'done',
      result: { contacts: [{ name: 'Ann', number: caller, email: undefined }] },
    })
    for (let each = 0; each < 6; each += 1) {
      await contacts.put({ contactId: `contact_${each}`, name: `Bob ${each}`, ...times })
    }
    const found = await at.run('find_contact', { name: 'bob' })
    expect(found).toMatchObject({ result: { more: true, contacts: { length: 5 } } })
    expect(await at.run('find_contact', { name: 'nobody' })).toEqual({
      kind: 'done',
      result: { contacts: [] },
    })
  })
})

describe('web_research', () => {
  it('answers what was found and where it stands', async () => {
    await using at = await AtWork.open()
    expect(
      await at.run('web_research', { query: 'When is the museum open?' }, { intentId: undefined }),
    ).toEqual({
      kind: 'done',
      result: {
        answer: 'The museum is open from ten to six, and closed on Mondays.',
        sources: [{ url: 'https://museum.example.org/hours', title: 'Opening hours' }],
      },
    })
  })

  it('has failed when the call is over', async () => {
    await using at = await AtWork.open()
    const run = at.run('web_research', { query: 'When?' }, { signal: AbortSignal.abort() })
    expect(await run).toEqual({ kind: 'failed', code: 'aborted' })
  })
})
