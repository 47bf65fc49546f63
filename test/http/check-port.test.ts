import { describe, expect, it } from 'vitest'
import { checkPort, judgePort, localOrigin } from '../../src/http/check-port.ts'
import { createServer } from '../../src/http/server.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { freePort } from '../../src/sim/free-port.ts'
import { startAnswering } from '../app/support/doctor-world.ts'

const host = '127.0.0.1'
const log = { event: () => undefined, forCall: () => log }

function check(port: number) {
  return checkPort({ host, port, clock: systemClock, deadlineMs: 500 })
}

describe('checkPort()', () => {
  it('leaves a free port free', async () => {
    const port = await freePort(host)
    expect(await check(port)).toMatchObject([{ kind: 'fine' }])
    expect(await check(port)).toMatchObject([{ kind: 'fine' }])
    await using other = await startAnswering((_request, response) => response.end(), port)
    expect(other.origin).toBe(`http://${host}:${port}`)
  })

  it('knows a server of this project, whatever it serves', async () => {
    const server = createServer({ log, requestDeadlineMs: 1_000 })
    const port = Number(new URL(await server.listen({ host, port: 0 })).port)
    expect(await check(port)).toEqual([
      { kind: 'fine', says: `a server of this project runs on port ${port} of ${host}` },
    ])
    await server.close()
  })

  it.each([
    ['answers', 200],
    ['knows nothing', 404],
    ['never answers', undefined],
  ])('takes one that %s for another program', async (_, status) => {
    await using other = await startAnswering((_request, response) => {
      if (status !== undefined) response.writeHead(status).end('{"status":"ok","version":"1"}')
    })
    const port = Number(new URL(other.origin).port)
    expect(await check(port)).toMatchObject([{ kind: 'broken', fix: { name: 'freePort' } }])
  })

  it('has nothing to say of port 0', async () => {
    expect(await check(0)).toMatchObject([{ kind: 'fine' }])
  })
})

describe('judgePort()', () => {
  it.each([
    ['EADDRINUSE', 'freePort'],
    ['EACCES', 'allowPort'],
    ['EADDRNOTAVAIL', 'chooseHost'],
    ['ENOTFOUND', 'chooseHost'],
  ])('answers %s with %s', (code, name) => {
    expect(judgePort(code, 'port 80 of 127.0.0.1')).toMatchObject({ kind: 'broken', fix: { name } })
  })
})

describe('localOrigin()', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://[::1]:3000'],
    ['fd00::1', 'http://[fd00::1]:3000'],
    ['localhost', 'http://localhost:3000'],
  ])('reaches HOST=%s at %s', (name, origin) => {
    expect(localOrigin(name, 3000)).toBe(origin)
  })
})
