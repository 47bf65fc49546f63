import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  initialPin,
  isEnteringPin,
  type PinEffect,
  type PinEvent,
  pinRestAtMs,
  type PinState,
  stepPin,
} from '../../src/policy/pin.ts'

const fresh = initialPin({ offered: true, triesToday: 0 })

/** Keys one every 300 ms, from 1,000 ms on. */
function keyed(keys: string, fromMs = 1_000): PinEvent[] {
  return Array.from(keys, (key, at) => ({ kind: 'key', key, atMs: fromMs + at * 300 }))
}

function after(state: PinState, events: readonly PinEvent[]): { state: PinState; effects: PinEffect[] } {
  const effects: PinEffect[] = []
  let now = state
  for (const event of events) {
    const step = stepPin(now, event)
    now = step.state
    effects.push(...step.effects)
  }
  return { state: now, effects }
}

function wrong(triesToday: number): PinEvent {
  return { kind: 'checked', right: false, triesToday }
}

describe('stepPin() reads an entry', () => {
  it.each(['123456', '1234567890', '000000'])('%s up to the pound key', (digits) => {
    const { state, effects } = after(fresh, keyed(`${digits}#`))
    expect(effects).toEqual([{ kind: 'checkPin', digits }])
    expect(state).toEqual({ kind: 'checking', wrongTries: 0 })
  })

  it('up to four seconds of rest, not a millisecond less', () => {
    const entered = after(fresh, keyed('271828')).state
    const restAtMs = 1_000 + 5 * 300 + 4_000
    expect(pinRestAtMs(entered)).toBe(restAtMs)
    expect(stepPin(entered, { kind: 'rested', atMs: restAtMs - 1 })).toEqual({ state: entered, effects: [] })
    expect(stepPin(entered, { kind: 'rested', atMs: restAtMs }).effects).toEqual([
      { kind: 'checkPin', digits: '271828' },
    ])
  })

  it.each([
    ['five digits', '12345#'],
    ['eleven digits', '12345678901#'],
    ['forty digits', `${'1'.repeat(40)}#`],
    ['a letter key', '123A456#'],
    ['a key of two characters', ['1', '2', '3', '4', '5', '67', '8', '#']],
    ['a digit of another script', '12345６#'],
  ])('as unreadable, without a try, for %s', (_what, keys) => {
    const events = Array.from(keys, (key, at): PinEvent => ({ kind: 'key', key, atMs: at * 100 }))
    expect(after(fresh, events)).toEqual({ state: fresh, effects: [{ kind: 'pinUnreadable' }] })
  })

  it('anew after a star', () => {
    expect(after(fresh, keyed('999*271828#')).effects).toEqual([{ kind: 'checkPin', digits: '271828' }])
    expect(after(fresh, keyed('99999999999*271828#')).effects).toEqual([
      { kind: 'checkPin', digits: '271828' },
    ])
    expect(after(fresh, keyed('*')).state).toEqual(fresh)
  })

  it('and takes a pound key alone for nothing', () => {
    expect(after(fresh, keyed('##'))).toEqual({ state: fresh, effects: [] })
  })

  it('apart from what is keyed in after a rest whose timer is late', () => {
    const late = after(fresh, [...keyed('12345'), ...keyed('271828#', 20_000)])
    expect(late.effects).toEqual([{ kind: 'pinUnreadable' }, { kind: 'checkPin', digits: '271828' }])
    const complete = after(fresh, [...keyed('271828'), ...keyed('5', 20_000)])
    expect(complete.effects).toEqual([{ kind: 'checkPin', digits: '271828' }])
    expect(complete.state).toEqual({ kind: 'checking', wrongTries: 0 })
  })

  it('and forgets it when a question opens', () => {
    const { state } = after(fresh, [...keyed('271828'), { kind: 'interrupted' }])
    expect(state).toEqual(fresh)
    expect(after(fresh, [{ kind: 'interrupted' }]).state).toBe(fresh)
  })

  it('while the model hears silence', () => {
    expect(isEnteringPin(fresh)).toBe(false)
    const entering = after(fresh, keyed('2')).state
    expect(isEnteringPin(entering)).toBe(true)
    expect(isEnteringPin(after(entering, keyed('71828#')).state)).toBe(false)
    expect(pinRestAtMs(fresh)).toBeUndefined()
  })
})

describe('stepPin() judges', () => {
  it('a right PIN once and for the call', () => {
    const { state, effects } = after(fresh, [
      ...keyed('271828#'),
      { kind: 'checked', right: true, triesToday: 1 },
    ])
    expect(effects.at(-1)).toEqual({ kind: 'pinRight' })
    expect(after(state, [...keyed('999999#'), wrong(2)])).toEqual({ state: { kind: 'right' }, effects: [] })
  })

  it('three wrong ones: the third refuses the PIN for this call, also a right one', () => {
    const entry = keyed('999999#')
    const { state, effects } = after(fresh, [...entry, wrong(1), ...entry, wrong(2), ...entry, wrong(3)])
    expect(effects.filter((effect) => effect.kind !== 'checkPin')).toEqual([
      { kind: 'pinWrong', triesLeft: 2 },
      { kind: 'pinWrong', triesLeft: 1 },
      { kind: 'pinRefused', reason: 'triesOfCall' },
    ])
    const again = after(state, [...keyed('271828#'), { kind: 'checked', right: true, triesToday: 4 }])
    expect(again).toEqual({ state: { kind: 'refused', reason: 'triesOfCall' }, effects: [] })
  })

  it('ten tries a day, whichever call they were made in', () => {
    const nine = initialPin({ offered: true, triesToday: 9 })
    expect(nine.kind).toBe('waiting')
    const entered = after(nine, keyed('999999#')).state
    expect(stepPin(entered, wrong(10)).effects).toEqual([{ kind: 'pinRefused', reason: 'triesOfDay' }])
    expect(stepPin(entered, { kind: 'checked', right: true, triesToday: 10 }).state).toEqual({
      kind: 'right',
    })
    // Another call used the tenth try meanwhile.
    expect(stepPin(entered, { kind: 'checked', right: true, triesToday: 11 })).toEqual({
      state: { kind: 'refused', reason: 'triesOfDay' },
      effects: [{ kind: 'pinRefused', reason: 'triesOfDay' }],
    })
    expect(stepPin(after(nine, keyed('999999#')).state, wrong(8)).effects).toEqual([
      { kind: 'pinWrong', triesLeft: 2 },
    ])
    expect(stepPin(after(nine, keyed('999999#')).state, wrong(9)).effects).toEqual([
      { kind: 'pinWrong', triesLeft: 1 },
    ])
  })

  it('a count that is no number as no tries left', () => {
    expect(initialPin({ offered: true, triesToday: Number.NaN }).kind).toBe('refused')
    const entered = after(fresh, keyed('271828#')).state
    const step = stepPin(entered, { kind: 'checked', right: true, triesToday: Number.NaN })
    expect(step.state.kind).toBe('refused')
  })

  it('nobody who may not enter one, or has used up the day', () => {
    for (const start of [
      initialPin({ offered: false, triesToday: 0 }),
      initialPin({ offered: true, triesToday: 10 }),
    ]) {
      const events: PinEvent[] = [...keyed('271828#'), { kind: 'checked', right: true, triesToday: 1 }]
      expect(after(start, events)).toEqual({ state: start, effects: [] })
    }
  })

  it('one that could not be checked as a wrong one, of which nobody says that it was', () => {
    const entry: readonly PinEvent[] = [...keyed('271828#'), { kind: 'uncheckable' }]
    const { state, effects } = after(fresh, entry)
    expect(state).toEqual({ kind: 'waiting', wrongTries: 1 })
    expect(effects.at(-1)).toEqual({ kind: 'pinUncheckable' })
    expect(after(fresh, [...entry, ...entry, ...entry]).effects.at(-1)).toEqual({
      kind: 'pinRefused',
      reason: 'triesOfCall',
    })
    expect(after(fresh, [{ kind: 'uncheckable' }])).toEqual({ state: fresh, effects: [] })
  })

  it('no answer that nobody waits for', () => {
    expect(after(fresh, [{ kind: 'checked', right: true, triesToday: 1 }])).toEqual({
      state: fresh,
      effects: [],
    })
  })
})

describe('stepPin() at random', () => {
  const event: fc.Arbitrary<{ readonly afterMs: number; readonly make: (atMs: number) => PinEvent }> =
    fc.record({
      afterMs: fc.constantFrom(0, 100, 700, 3_999, 4_000, 9_000),
      make: fc.oneof(
        { weight: 20, arbitrary: fc.constantFrom(...Array.from('0123456789#*A')).map(keyEvent) },
        { weight: 2, arbitrary: fc.constant((atMs: number): PinEvent => ({ kind: 'rested', atMs })) },
        { weight: 1, arbitrary: fc.constant((): PinEvent => ({ kind: 'interrupted' })) },
        {
          weight: 3,
          arbitrary: fc
            .record({ right: fc.boolean(), triesToday: fc.integer({ min: 1, max: 12 }) })
            .map(({ right, triesToday }) => (): PinEvent => ({ kind: 'checked', right, triesToday })),
        },
      ),
    })

  it('holds no digits but while entering, lets at most three be checked, and passes only a checked one', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        let state = fresh
        let atMs = 0
        const effects: PinEffect[] = []
        const faults: string[] = []
        for (const { afterMs, make } of events) {
          atMs += afterMs
          const made = make(atMs)
          const step = stepPin(state, made)
          effects.push(...step.effects)
          const passed = step.effects.some(({ kind }) => kind === 'pinRight')
          if (passed && !(state.kind === 'checking' && made.kind === 'checked' && made.right))
            faults.push('passed without a comparison')
          state = step.state
          if (state.kind !== 'entering' && /[0-9]{4}/.test(JSON.stringify(state))) faults.push('held digits')
        }
        expect(faults).toEqual([])
        const checked = effects.flatMap((effect) => (effect.kind === 'checkPin' ? [effect.digits] : []))
        expect(checked.length).toBeLessThanOrEqual(3)
        expect(checked.filter((digits) => !/^[0-9]{6,10}$/.test(digits))).toEqual([])
        expect(effects.filter(({ kind }) => kind === 'pinRight').length).toBeLessThanOrEqual(1)
      }),
      { seed: 11, numRuns: 1_000 },
    )
  })
})

function keyEvent(key: string) {
  return (atMs: number): PinEvent => ({ kind: 'key', key, atMs })
}
