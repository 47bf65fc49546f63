import { describe, expect, it } from 'vitest'
import { startRehearsal } from '../../src/app/rehearsal.ts'
import { scenarioOf } from './support.ts'

type Line = { readonly kind: string; readonly callSid?: string; readonly durationMs?: number }

describe('a call that holds the event loop', { timeout: 60_000 }, () => {
  it('is found by name among others, once', async () => {
    const lines: string[] = []
    const held: { callSid?: string } = {}
    await using rehearsal = await startRehearsal({
      env: { PORT: '0', MAX_LOOP_DELAY_MS: '60000' },
      logTo: { write: (line) => void lines.push(line) },
      // Runs in the middle of the call's own work: its first words have just been queued.
      onTurn: ({ callSid }) => {
        if (callSid !== held.callSid) return
        delete held.callSid
        const untilMs = performance.now() + 400
        while (performance.now() < untilMs);
      },
    })
    const ring = async (from: string) => {
      const scenario = await scenarioOf(rehearsal, 'silent-caller', from)
      return rehearsal.world.ring(scenario)
    }
    const others = [await ring('+14155550141'), await ring('+14155550142')]
    const { call } = await ring('+14155550143')
    held.callSid = call.sid
    const { promise: told, resolve } = Promise.withResolvers<Line>()
    const look = setInterval(() => {
      const blocked = lines
        .map((line) => JSON.parse(line) as Line)
        .filter(({ kind }) => kind === 'loopBlocked')
      const ours = blocked.find(({ durationMs = 0 }) => durationMs >= 350)
      if (ours) resolve(ours)
    }, 20)
    expect(await told).toMatchObject({ kind: 'loopBlocked', callSid: call.sid })
    clearInterval(look)
    for (const one of [...others, { call }]) one.call.hangUp()
    const metrics = await (await fetch(`${rehearsal.origin}/metrics`)).text()
    expect(metrics).toMatch(/^loop_blocked_total [1-9]/m)
  })
})

describe('a loop that is late all the time', { timeout: 60_000 }, () => {
  it('makes new callers hear that all lines are busy, and readiness say why', async () => {
    await using rehearsal = await startRehearsal({
      env: { PORT: '0', MAX_LOOP_DELAY_MS: '40' },
      logTo: { write: () => undefined },
    })
    const ask = async (): Promise<unknown> => {
      const headers = { authorization: `Bearer ${rehearsal.apiKey}` }
      return (await fetch(`${rehearsal.origin}/readyz`, { headers })).json()
    }
    const untilMs = performance.now() + 3_000
    while (performance.now() < untilMs) {
      const turnMs = performance.now() + 90
      while (performance.now() < turnMs);
      await new Promise((resume) => setImmediate(resume))
    }
    expect(await ask()).toEqual({ status: 'not ready', reasons: ['the event loop is too late'] })
    const call = rehearsal.world.twilio.placeCall({
      from: '+14155550144',
      to: rehearsal.world.env['TWILIO_PHONE_NUMBER'] ?? '',
      script: { steps: [{ do: 'waitForEnd', withinMs: 20_000 }] },
    })
    const { heardSay, errors, streams } = await call.ended
    expect(heardSay).toMatchObject([{ kind: 'say', text: expect.stringMatching(/busy/) as unknown }])
    expect([errors, streams]).toEqual([[], []])
  })
})
