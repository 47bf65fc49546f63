import { describe, expect, it } from 'vitest'
import { ModelHealth } from '../../src/call/model-health.ts'
import { VirtualClock } from '../../src/lib/virtual-clock.ts'

function failing(times: number) {
  const clock = new VirtualClock()
  const health = new ModelHealth(clock)
  for (let count = 0; count < times; count++) health.failed()
  return { clock, health }
}

describe('ModelHealth', () => {
  it('counts the provider as down after five sessions in a row that never came about', () => {
    expect(failing(4).health.isDown()).toBe(false)
    const { health } = failing(5)
    expect(health.isDown()).toBe(true)
    expect(health.mayTry()).toBe(false)
  })

  it('bears as many failures as it is told', () => {
    const health = new ModelHealth(new VirtualClock(), 7)
    for (let count = 0; count < 6; count++) health.failed()
    expect(health.isDown()).toBe(false)
    health.failed()
    expect(health.isDown()).toBe(true)
  })

  it('lets one call try in every rest', () => {
    const { clock, health } = failing(5)
    clock.advance(15_000)
    expect([health.mayTry(), health.mayTry()]).toEqual([true, false])
    clock.advance(15_000)
    expect([health.mayTry(), health.mayTry()]).toEqual([true, false])
  })

  it('isResting() says so while no call would try, and takes no turn', () => {
    const { clock, health } = failing(5)
    expect([health.isResting(), health.isResting()]).toEqual([true, true])
    clock.advance(15_000)
    expect(health.isResting()).toBe(false)
    expect([health.mayTry(), health.isResting()]).toEqual([true, true])
    expect(failing(4).health.isResting()).toBe(false)
  })

  it('is well again with the first session that comes about', () => {
    const { health } = failing(9)
    health.succeeded()
    expect(health.isDown()).toBe(false)
    expect(health.mayTry()).toBe(true)
    for (let count = 0; count < 4; count++) health.failed()
    expect(health.isDown()).toBe(false)
  })
})
