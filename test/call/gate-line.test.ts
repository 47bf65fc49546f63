import { describe, expect, it } from 'vitest'
import { gatePorts } from './support/gate-ports.ts'
import { OnACall, SID, sms } from './support/on-a-call.ts'

/** What the session was told that is no audio and no question. */
function told({ session }: OnACall): readonly string[] {
  return session.told.filter((line) => !line.startsWith('truncate'))
}

/** The question is spoken and heard, and the caller says yes. */
async function confirm(call: OnACall): Promise<void> {
  call.speak()
  call.line.play(4_100)
  call.clock.advance(300)
  call.say('Yes, please do.')
  await call.quiet()
}

describe('GateLine', () => {
  it('has the question spoken once the model is done, and runs what was stored after a yes', async () => {
    await using call = await OnACall.open()
    await call.propose()
    expect(told(call)).toEqual(['answer call_abcdefgh2', 'reply question'])
    expect(call.question().request).toMatchObject({ toolChoice: 'none', id: expect.any(String) as unknown })
    await confirm(call)
    expect(call.runs).toMatchObject([{ tool: 'send_sms', input: sms }])
    const done = JSON.stringify({ tool: 'send_sms', call_id: 'call_abcdefgh2', status: 'done' })
    expect(told(call).slice(2)).toEqual([`system: ${done}`, 'reply toolResult'])
    expect(call.session.past).toMatchObject([{ kind: 'toolRound', name: 'send_sms' }])
  })

  it('hears a yes in the next session, after one that was lost as the caller began to speak', async () => {
    await using call = await OnACall.open()
    const lost = call.session
    call.emit({ kind: 'responseStarted', responseId: 'resp_1' })
    const reply = { responseId: 'resp_1', itemId: 'item_1' }
    lost.request.receiver.onAudio({ ...reply, bytes: new Uint8Array(96_000) })
    call.line.play(100)
    call.emit({ kind: 'speechStarted', itemId: 'turn_lost00001' })
    call.emit({ kind: 'sessionLost', loss: { reason: 'closed', retryable: true } })
    call.clock.advance(1_000)
    expect(call.session).not.toBe(lost)
    call.emit({ kind: 'sessionReady', sessionId: 'sess_2' })
    await call.propose()
    await confirm(call)
    expect(call.runs).toMatchObject([{ tool: 'send_sms', input: sms }])
  })

  it('counts no yes that comes before the mark, though all of the question was sent', async () => {
    await using call = await OnACall.open()
    await call.propose()
    call.speak()
    call.line.play(3_900)
    call.emit({ kind: 'speechStarted', itemId: 'turn_early0001' })
    expect(call.line.clears).toBe(1)
    call.line.play(500)
    call.emit({ kind: 'speechStopped', itemId: 'turn_early0001' })
    call.emit({ kind: 'turnCommitted', itemId: 'turn_early0001' })
    call.emit({ kind: 'callerTranscript', itemId: 'turn_early0001', text: 'Yes.', final: true })
    await call.quiet()
    expect(call.runs).toEqual([])
    expect(await call.story()).toEqual(expect.arrayContaining(['question proposed cut']))
  })

  it('puts a cut question anew when the turn is over and the reply to it was heard', async () => {
    await using call = await OnACall.open()
    await call.propose()
    call.speak()
    call.line.play(1_000)
    call.say('Wait, who is that?')
    const asked = () => call.session.requests.filter(({ purpose }) => purpose === 'question').length
    expect(asked()).toBe(1)
    call.reply('That is Ann.')
    expect(asked()).toBe(1)
    call.line.play(4_100)
    expect(asked()).toBe(2)
    expect(call.question().text).toMatch(/^Let me ask once more/)
  })

  it('takes no other response for the question, whatever it says', async () => {
    await using call = await OnACall.open()
    await call.propose()
    const { text } = call.question()
    call.speak(text, {})
    call.line.play(4_500)
    call.say('Yes.')
    await call.quiet()
    expect(call.runs).toEqual([])
    expect((await call.story()).filter((line) => line.includes('asked'))).toEqual([])
  })

  it('clears a question that was spoken otherwise, and asks again; the second time it is given up', async () => {
    await using call = await OnACall.open()
    await call.propose()
    for (const clears of [1, 2]) {
      call.speak('Shall I do it?')
      expect(call.line.clears).toBe(clears)
    }
    await call.quiet()
    expect(await call.story()).toContain('answer cancelled misspoken')
    const [announced] = call.session.requests.slice(-1)
    expect(announced?.instructions).toContain('I could not ask you about the text message')
    call.speak(undefined, announced)
    call.line.play(4_500)
    expect(told(call).at(-1)).toBe('reply toolResult')
  })

  it('waits for the words of a turn that had begun before the gate was there', async () => {
    await using call = await OnACall.open()
    call.emit({ kind: 'speechStarted', itemId: 'turn_before001' })
    call.emit({ kind: 'speechStopped', itemId: 'turn_before001' })
    call.emit({ kind: 'turnCommitted', itemId: 'turn_before001' })
    await call.propose()
    expect(told(call)).not.toContain('reply question')
    call.emit({ kind: 'callerTranscript', itemId: 'turn_before001', text: 'Text Ann.', final: true })
    expect(told(call)).toContain('reply question')
  })

  it('holds back what the model would say to another tool until the question is answered', async () => {
    await using call = await OnACall.open()
    await call.propose()
    call.speak()
    call.line.play(4_500)
    await call.propose('web_research', { query: 'opening hours' })
    expect(told(call).filter((line) => line === 'reply toolResult')).toEqual([])
    call.say('No, leave it.')
    await call.quiet()
    expect(told(call).at(-1)).toBe('reply toolResult')
  })

  it('drops a question that nobody wants any more, also when its response begins only then', async () => {
    await using call = await OnACall.open()
    await call.propose()
    const { request } = call.question()
    await call.propose('send_sms', { ...sms, body: 'I am late.' })
    call.speak(undefined, request)
    expect(call.line.queuedBytes()).toBe(0)
    expect(call.session.told.filter((line) => line.startsWith('cancel'))).toHaveLength(1)
    expect(call.question().text).toContain('I am late')
  })

  it('ends with the call: what was said yes to and has not begun does not begin', async () => {
    await using call = await OnACall.open()
    await call.propose()
    call.speak()
    call.line.play(4_500)
    call.receiver?.onEvent({ kind: 'streamEnded', reason: 'stop', atMs: call.clock.nowMs() })
    call.emit({ kind: 'callerTranscript', itemId: 'turn_late00001', text: 'Yes.', final: true })
    await call.quiet()
    expect(await call.story()).toContain('answer cancelled hungUp')
    expect(call.runs).toEqual([])
  })

  it('tells handlers that the call is over, and the record waits for what they leave behind', async () => {
    await using call = await OnACall.open()
    const heeded: string[] = []
    call.doing = async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      heeded.push('stopped')
      return { kind: 'failed', code: 'stopped' }
    }
    await call.propose()
    call.speak()
    call.line.play(4_500)
    call.say('Yes.')
    await call.quiet()
    call.receiver?.onEvent({ kind: 'streamEnded', reason: 'stop', atMs: call.clock.nowMs() })
    await call.quiet()
    expect(heeded).toEqual(['stopped'])
    expect(await call.story()).toContain('outcome unknown')
    expect(call.calls.size()).toBe(0)
    expect(call.world.storage.calls.get(SID)?.ending).toBe('callerHungUp')
  })

  it('replaces no session while a question is open', async () => {
    await using call = await OnACall.open({ desk: { ...gatePorts().desk, ttlMs: 60_000 } })
    await call.propose()
    call.speak()
    call.line.play(4_500)
    const sessions = () => call.world.speech.sessions.length
    call.emit({ kind: 'sessionReady', sessionId: 'sess_1', expiresAtWallMs: call.clock.wallMs() + 40_000 })
    call.clock.advance(30_000)
    await call.quiet()
    expect(sessions()).toBe(1)
    call.say('No, leave it.')
    call.reply('Well then.')
    call.line.play(4_500)
    call.reply('I have not sent it.')
    call.line.play(4_500)
    expect(sessions()).toBe(2)
  })

  it('is refused at once when the person behind the number cannot be found out, and works the next time', async () => {
    let fails = true
    const people = {
      idOf: async () => {
        if (fails) throw new Error('No disk')
        return 'person_0a1b2c3d4e5f60718293a4b5'
      },
      pinTries: async () => 0,
      countPinTry: async () => 1,
    }
    await using call = await OnACall.open({ people })
    await call.propose()
    expect(told(call)).toEqual(['answer call_abcdefgh2', 'reply toolResult'])
    fails = false
    await call.propose()
    expect(told(call)).toContain('reply question')
  })

  it('is waited for when the call is over, and not for ever', async () => {
    const { promise: never } = Promise.withResolvers<never>()
    await using call = await OnACall.open({ audit: { ...gatePorts().audit, record: () => never } })
    await call.propose()
    call.receiver?.onEvent({ kind: 'streamEnded', reason: 'stop', atMs: call.clock.nowMs() })
    await call.quiet()
    expect(call.calls.size()).toBe(1)
    call.clock.advance(2_000)
    await call.quiet()
    expect(call.calls.size()).toBe(0)
  })

  it('cuts a question with the stream that broke, and puts it anew on the next one', async () => {
    await using call = await OnACall.open()
    await call.propose()
    call.speak()
    call.line.play(1_000)
    call.receiver?.onEvent({ kind: 'streamEnded', reason: 'closed', atMs: call.clock.nowMs() })
    await call.quiet()
    expect(await call.story()).toContain('question proposed cut')
    const asked = () => call.session.requests.filter(({ purpose }) => purpose === 'question').length
    expect(asked()).toBe(1)
    const attached = call.calls.attach({ callSid: SID, sink: call.line })
    if (!attached.ok) throw new Error('Not attached')
    call.receiver = attached.receiver
    call.reply('Where were we?')
    // The line of the test still plays what the broken one had.
    call.line.play(7_500)
    expect(asked()).toBe(2)
  })

  it('tells the next session what has become of an errand meanwhile', async () => {
    await using call = await OnACall.open()
    const { promise, resolve } = Promise.withResolvers<void>()
    call.doing = async () => {
      await promise
      return { kind: 'done', result: { sid: 'SM1' } }
    }
    await call.propose()
    call.speak()
    call.line.play(4_500)
    call.say('Yes.')
    await call.quiet()
    call.emit({ kind: 'sessionLost', loss: { reason: 'closed', retryable: true } })
    resolve()
    await call.quiet()
    call.clock.advance(200)
    call.emit({ kind: 'sessionReady', sessionId: 'sess_2' })
    const rounds = call.session.past.filter(({ kind }) => kind === 'toolRound')
    expect(rounds).toMatchObject([
      { name: 'send_sms', output: expect.stringContaining('"status":"done"') as unknown },
      { name: 'send_sms', output: expect.stringContaining('SM1') as unknown },
    ])
    expect(call.runs).toHaveLength(1)
    expect(call.session.told.filter((line) => line.startsWith('reply'))).toHaveLength(1)
  })
})
