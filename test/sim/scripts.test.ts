import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'
import type { ModelScript } from '../../src/sim/openai/model-script.ts'
import { Scripts } from '../../src/sim/scripts.ts'

const script = (say: string): ModelScript => ({ hears: [], replies: [{ say }] })
const [one, two, three] = [script('one'), script('two'), script('three')]

describe('Scripts', () => {
  it('gives a new caller what was offered, and the same again after a reconnect', async () => {
    const scripts = new Scripts(new VirtualClock())
    await scripts.offer(one, '+14155550111')
    expect(scripts.take('a', 1)).toBe(one)
    expect(scripts.take('a', 2)).toBe(one)
    expect([scripts.of(1), scripts.of(2), scripts.of(3)]).toEqual([one, one, undefined])
  })

  it('lets go of the scripts of sessions that are over, and a caller who reconnects has theirs all the same', async () => {
    const scripts = new Scripts(new VirtualClock())
    await scripts.offer(one, '+14155550111')
    scripts.take('a', 1)
    scripts.take('a', 2)
    scripts.keepOnly(new Set([2]))
    expect([scripts.of(1), scripts.of(2)]).toEqual([undefined, one])
    scripts.keepOnly(new Set())
    expect(scripts.take('a', 3)).toBe(one)
  })

  it('gives a caller who rings again what was offered for that call', async () => {
    const scripts = new Scripts(new VirtualClock())
    await scripts.offer(one, '+14155550111')
    scripts.take('a', 1)
    await scripts.offer(two, '+14155550111')
    expect(scripts.take('a', 2)).toBe(two)
  })

  it('leaves what waits for one caller alone while another reconnects', async () => {
    const scripts = new Scripts(new VirtualClock())
    await scripts.offer(one, '+14155550111')
    scripts.take('a', 1)
    await scripts.offer(two, '+14155550112')
    expect(scripts.take('a', 2)).toBe(one)
    expect(scripts.take('b', 3)).toBe(two)
  })

  it('gives a new caller the latest offer, when a call before has found no session', async () => {
    const clock = new VirtualClock()
    const scripts = new Scripts(clock)
    await scripts.offer(one, '+14155550111')
    const offered = scripts.offer(two, '+14155550112')
    clock.advance(2_000)
    await offered
    expect(scripts.take('b', 1)).toBe(two)
  })

  it('lets the next call wait until the one before has been taken, for two seconds', async () => {
    const clock = new VirtualClock()
    const scripts = new Scripts(clock)
    await scripts.offer(one, '+14155550111')
    const order: string[] = []
    const second = scripts.offer(two, '+14155550112').then(() => order.push('offered'))
    clock.advance(1_999)
    await Promise.resolve()
    order.push('taken')
    scripts.take('a', 1)
    await second
    expect(order).toEqual(['taken', 'offered'])
    const third = scripts.offer(three, '+14155550113')
    clock.advance(2_000)
    await third
    expect(scripts.take('c', 2)).toBe(three)
  })
})
