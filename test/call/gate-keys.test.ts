import { describe, expect, it } from 'vitest'
import { OnACall, sms } from './support/on-a-call.ts'

describe('keys in a call of the owner', () => {
  it('lets the model hear silence while a PIN is entered, and the caller again afterwards', async () => {
    await using call = await OnACall.open({ isPin: async (digits) => digits === '271828' })
    call.strength = 'S1'
    const speaks = () => call.receiver?.onMedia(new Uint8Array(160).fill(0x20))
    await call.propose()
    call.press('27')
    speaks()
    call.press('1828')
    speaks()
    expect(call.session).toMatchObject({ appendedBytes: 1_920, isSilent: true })
    call.press('#')
    // The last key still sounds for half a second.
    for (let frame = 0; frame < 25; frame += 1) speaks()
    expect(call.session.isSilent).toBe(true)
    speaks()
    expect(call.session.isSilent).toBe(false)
  })

  it('has the PIN asked for, then the question without another tool call, and takes its keys for each', async () => {
    await using call = await OnACall.open({ isPin: async (digits) => digits === '271828' })
    call.strength = 'S1'
    await call.propose()
    const [prompt] = call.session.requests
    expect(prompt).toMatchObject({ purpose: 'announcement', toolChoice: 'none' })
    expect(prompt?.instructions).toContain('enter your PIN')
    call.speak('Please enter your PIN.', prompt)
    call.line.play(4_500)
    call.press('1')
    await call.quiet()
    expect(call.runs).toEqual([])
    call.press('*271828#')
    await call.quiet()
    call.speak()
    call.line.play(4_500)
    call.press('1')
    await call.quiet()
    expect(call.runs).toHaveLength(1)
    expect(await call.story()).toContain('auth right')
  })

  it('hears a no by key that comes before anything was sent, and takes no key of an answer for a PIN', async () => {
    await using call = await OnACall.open({ isPin: async (digits) => digits === '271828' })
    call.strength = 'S2'
    const { promise: read, resolve: goOn } = Promise.withResolvers<void>()
    const { effects } = call.records
    const findProposal = effects.findProposal.bind(effects)
    effects.findProposal = async (id) => {
      await read
      return await findProposal(id)
    }
    await call.propose()
    call.speak()
    call.line.play(4_500)
    call.press('1')
    call.press('2')
    await call.quiet()
    goOn()
    await call.quiet()
    expect(call.runs).toEqual([])
    expect(await call.story()).toEqual(
      expect.arrayContaining(['answer revoked revoked', 'policy_denied deny revoked']),
    )
    call.press('2')
    call.receiver?.onMedia(new Uint8Array(160).fill(0x20))
    expect(call.session.isSilent).toBe(false)
  })

  it('is refused for the rest of the call after three wrong ones', async () => {
    await using call = await OnACall.open({ isPin: async (digits) => digits === '271828' })
    call.strength = 'S1'
    await call.propose()
    for (const pin of ['314159#', '314159#', '314159#', '271828#']) {
      call.press(pin)
      await call.quiet()
    }
    expect(await call.story()).toEqual(expect.arrayContaining(['answer denied pinRefused']))
    call.reply()
    call.line.play(4_500)
    await call.propose('send_sms', { ...sms, body: 'Once more.' })
    expect(await call.story()).toContain('policy_denied deny pinRefused')
    expect(call.runs).toEqual([])
  })
})
