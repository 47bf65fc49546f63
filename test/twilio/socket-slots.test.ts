import { describe, expect, it } from 'vitest'
import { SocketSlots } from '../../src/twilio/socket-slots.ts'
import { MemoryMetrics } from './support/recording-ports.ts'

describe('SocketSlots.take()', () => {
  it('gives places up to both limits and takes each back once', () => {
    const metrics = new MemoryMetrics()
    const slots = new SocketSlots({ maxPending: 2, maxTotal: 3, metrics })
    const first = slots.take()
    slots.take()
    expect(slots.take()).toBeUndefined()
    first?.started()
    const third = slots.take()
    expect(third).toBeDefined()
    first?.started()
    expect([metrics.gauges.get('media_sockets_pending'), metrics.gauges.get('media_sockets_live')]).toEqual([
      2, 1,
    ])
    third?.started()
    expect(slots.take()).toBeUndefined()
    first?.release()
    first?.release()
    first?.started()
    expect([metrics.gauges.get('media_sockets_pending'), metrics.gauges.get('media_sockets_live')]).toEqual([
      1, 1,
    ])
    expect(slots.take()).toBeDefined()
  })
})
