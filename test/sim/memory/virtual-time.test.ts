import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/lib/virtual-clock.ts'
import { MemoryNetwork } from '../../../src/sim/memory/memory-network.ts'
import { VirtualTime } from '../../../src/sim/memory/virtual-time.ts'

function makeTime() {
  const clock = new VirtualClock()
  const network = new MemoryNetwork({ clock })
  return { clock, network, time: new VirtualTime(clock, network) }
}

describe('VirtualTime', () => {
  it('moves only while somebody waits, and no further than to what was waited for', async () => {
    const { clock, time } = makeTime()
    clock.setTimer(20_000, () => undefined)
    await new Promise(setImmediate)
    expect(clock.nowMs()).toBe(0)
    const due = Promise.withResolvers<string>()
    clock.setTimer(10_000, () => due.resolve('due'))
    expect(await time.until(due.promise)).toBe('due')
    await new Promise(setImmediate)
    expect([clock.nowMs(), clock.pendingTimers()]).toEqual([10_000, 1])
  })

  it('lets everything happen that a timer set off before the next one fires', async () => {
    const { clock, network, time } = makeTime()
    const order: string[] = []
    clock.setTimer(10, () => {
      void (async () => {
        for (let step = 0; step < 50; step++) await Promise.resolve()
        network.post(() => {
          process.nextTick(() => network.post(() => order.push('followed')))
        })
      })()
    })
    clock.setTimer(11, () => order.push('next'))
    await time.pass(20)
    expect(order).toEqual(['followed', 'next'])
  })

  it('stands still while a server works on a request, however many ticks and promises that takes', async () => {
    const { clock, network, time } = makeTime()
    clock.setTimer(1, () => undefined)
    const answer = (response: ServerResponse, ticks: number): void => {
      if (ticks === 0) response.end(String(clock.nowMs()))
      else process.nextTick(() => void Promise.resolve().then(() => answer(response, ticks - 1)))
    }
    const url = network.serve(createServer((_, response) => answer(response, 50)))
    const { body } = await time.until(network.request({ url, method: 'GET', headers: {}, body: '' }))
    expect(body).toBe('0')
  })

  it('waits for a file while no timer is set', async () => {
    const { time } = makeTime()
    expect(await time.until(readFile('package.json', 'utf8'))).toContain('"name"')
  })

  it('serves several who wait, and hands on a failure to the one whom it concerns', async () => {
    const { clock, time } = makeTime()
    const first = time.pass(100).then(() => clock.nowMs())
    const second = time.pass(300).then(() => clock.nowMs())
    await expect(time.until(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await Promise.all([first, second])).toEqual([100, 300])
  })

  it('says so when nothing is left that could happen', async () => {
    const { time } = makeTime()
    await expect(time.until(new Promise(() => undefined))).rejects.toThrow('nothing is left to happen')
  })
})
