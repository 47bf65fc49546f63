import { describe, expect, it } from 'vitest'
import type { Form } from '../../src/twilio/form.ts'
import {
  afterStreamOf,
  callOfferOf,
  callStatusOf,
  recordingOf,
  streamStatusOf,
} from '../../src/twilio/webhook-fields.ts'
import { agentNumber, newCallSid, newStreamSid, ownerNumber } from './support/names.ts'
import { voiceFields } from './support/forms.ts'

const callSid = newCallSid()
const streamSid = newStreamSid()

function form(fields: Readonly<Record<string, string>>): Form {
  return new Map(Object.entries(fields).map(([name, value]) => [name, [value]]))
}

function offer(changes: Readonly<Record<string, string | undefined>>, target = '/twilio/voice') {
  return callOfferOf(form(Object.fromEntries(voiceFields({ CallSid: callSid, ...changes }))), target)
}

describe('callOfferOf()', () => {
  it('takes the fields that decide about a call, exactly as they came', () => {
    expect(offer({})).toEqual({
      callSid,
      from: ownerNumber,
      to: agentNumber,
      direction: 'inbound',
      stirVerstat: 'TN-Validation-Passed-A',
    })
    expect(offer({ StirVerstat: ' TN-Validation-Passed-A' })?.stirVerstat).toBe(' TN-Validation-Passed-A')
    expect(offer({ StirVerstat: undefined })).not.toHaveProperty('stirVerstat')
  })

  it('lets a caller be empty, absent, words, a client or a sip address', () => {
    expect(offer({ From: undefined })?.from).toBe('')
    for (const from of ['', 'anonymous', '+266696687', 'client:jane', 'sip:jane@example.org;x=1', 'Jane Ö']) {
      expect(offer({ From: from })?.from).toBe(from)
    }
  })

  it('refuses a field that we use and that is not of its form', () => {
    const wrong = [
      { CallSid: callSid.toUpperCase() },
      { CallSid: `${callSid}0` },
      { CallSid: `${callSid}\n` },
      { CallSid: undefined },
      { From: 'x'.repeat(257) },
      { From: '+14155550101\r\nX: y' },
      { From: '+1415\0' },
      { To: '' },
      { To: undefined },
      { CallStatus: 'ring ing' },
      { CallStatus: undefined },
      { Direction: 'sideways' },
      { Direction: undefined },
      { StirVerstat: 'x'.repeat(129) },
    ]
    for (const changes of wrong) expect([changes, offer(changes)]).toEqual([changes, undefined])
  })

  it('reads the ref of a call of ours from the query, and refuses another form of it or a second one', () => {
    expect(offer({ Direction: 'outbound-api' }, '/twilio/voice?ref=in_1-a')).toMatchObject({
      direction: 'outbound',
      ref: 'in_1-a',
    })
    expect(offer({}, '/twilio/voice?other=1')).not.toHaveProperty('ref')
    for (const query of ['ref=', 'ref=a&ref=b', 'ref=a&ref=a', 'ref=a%20b', `ref=${'a'.repeat(65)}`]) {
      expect([query, offer({}, `/twilio/voice?${query}`)]).toEqual([query, undefined])
    }
  })
})

const recordingSid = `RE${'0123456789abcdef'.repeat(2)}`

describe('afterStreamOf()', () => {
  it('gives the CallSid of its form only', () => {
    expect(afterStreamOf(form({ CallSid: callSid }))).toEqual({ callSid, report: {} })
    expect(afterStreamOf(form({ CallSid: 'CA1' }))).toBeUndefined()
    expect(afterStreamOf(form({}))).toBeUndefined()
  })

  it('gives how a person was rung, or the message that was left', () => {
    const dialled = { CallSid: callSid, DialCallStatus: 'no-answer', DialCallSid: newCallSid() }
    expect(afterStreamOf(form(dialled))?.report).toEqual({ dialStatus: 'no-answer' })
    const left = { CallSid: callSid, RecordingSid: recordingSid, RecordingDuration: '23' }
    expect(afterStreamOf(form(left))?.report).toEqual({ recording: { recordingSid, durationSeconds: 23 } })
    expect(afterStreamOf(form({ ...dialled, ...left }))?.report).toEqual({ dialStatus: 'no-answer' })
    expect(afterStreamOf(form({ ...left, RecordingSid: 'RE1' }))).toBeUndefined()
    expect(afterStreamOf(form({ ...left, RecordingDuration: '-1' }))).toBeUndefined()
  })
})

describe('recordingOf()', () => {
  it('gives a message that is ready, and nothing of one that is not', () => {
    const fields = {
      CallSid: callSid,
      RecordingSid: recordingSid,
      RecordingStatus: 'completed',
      RecordingDuration: '23',
    }
    expect(recordingOf(form(fields))).toEqual({ callSid, recordingSid, durationSeconds: 23 })
    expect(recordingOf(form({ ...fields, RecordingStatus: 'in-progress' }))).toBe('notReady')
    expect(recordingOf(form({ ...fields, RecordingSid: '' }))).toBeUndefined()
  })
})

describe('callStatusOf()', () => {
  it('takes state, number and length', () => {
    const fields = {
      CallSid: callSid,
      CallStatus: 'completed',
      SequenceNumber: '0',
      CallDuration: '12',
      ErrorCode: '',
    }
    expect(callStatusOf(form(fields))).toEqual({
      callSid,
      status: 'completed',
      sequenceNumber: 0,
      durationSeconds: 12,
    })
    expect(
      callStatusOf(form({ CallSid: callSid, CallStatus: 'failed', ErrorCode: '13224' }))?.errorCode,
    ).toBe('13224')
  })

  it('calls a state that it does not know unknown', () => {
    expect(callStatusOf(form({ CallSid: callSid, CallStatus: 'levitating' }))?.status).toBe('unknown')
    expect(callStatusOf(form({ CallSid: callSid, CallStatus: 'constructor' }))?.status).toBe('unknown')
  })

  it('refuses numbers that are not plain digits', () => {
    const taken = ['-1', '1.5', '1e3', ' 1', '١', '0x10', ''].filter((text) =>
      callStatusOf(form({ CallSid: callSid, CallStatus: 'completed', CallDuration: text })),
    )
    expect(taken).toEqual([])
  })
})

describe('streamStatusOf()', () => {
  const fields = { CallSid: callSid, StreamSid: streamSid, StreamEvent: 'stream-error' }

  it('takes the event, and the error without the URL that holds the nonce', () => {
    const error = 'Handshake failed: wss://voice.example.org/twilio/media/abcdefghijklmnopqrstuv (31920)'
    expect(streamStatusOf(form({ ...fields, StreamError: error }))).toEqual({
      callSid,
      streamSid,
      event: 'stream-error',
      error: 'Handshake failed: [url] (31920)',
    })
    const path = 'GET /twilio/media/abcdefghijklmnopqrstuv failed'
    expect(streamStatusOf(form({ ...fields, StreamError: path }))?.error).toBe('GET [path] failed')
  })

  it('calls an event that it does not know unknown, and refuses a sid of another form', () => {
    expect(streamStatusOf(form({ ...fields, StreamEvent: 'stream-paused' }))?.event).toBe('unknown')
    expect(streamStatusOf(form({ ...fields, StreamSid: callSid }))).toBeUndefined()
  })
})
