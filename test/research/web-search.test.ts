import { inspect } from 'node:util'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { WebSearch } from '../../src/research/web-search.ts'
import { type FakeOpenAi, startFakeOpenAi } from '../../src/sim/openai/fake-openai.ts'
import { webSearchSchema } from '../../src/sim/openai/web-searches.ts'
import { KEY } from '../sim/openai/socket-client.ts'

const never = new AbortController().signal
const question = 'When is the museum open tomorrow?'
const page = { url: 'https://museum.example.org/hours', title: 'Opening hours' }

type Given = Partial<z.input<typeof webSearchSchema>>

function fakeWith(...searches: Given[]): Promise<FakeOpenAi> {
  const scripted = searches.map((one) => webSearchSchema.parse({ asked: '', answer: 'Yes.', ...one }))
  return startFakeOpenAi({ searches: () => scripted })
}

function searchOf(
  fake: Pick<FakeOpenAi, 'httpOrigin'>,
  change: Partial<ConstructorParameters<typeof WebSearch>[0]> = {},
) {
  return new WebSearch({
    apiKey: KEY,
    baseUrl: `${fake.httpOrigin}/v1`,
    model: 'gpt-6-luna',
    timeZone: 'Europe/London',
    timeoutMs: 2_000,
    ...change,
  })
}

describe('WebSearch.find()', () => {
  it('answers what was found, and where', async () => {
    await using fake = await fakeWith({ asked: 'MUSEUM', answer: 'From ten to six.', sources: [page] })
    expect(await searchOf(fake).find(question, never)).toEqual({
      ok: true,
      answer: 'From ten to six.',
      sources: [page],
    })
  })

  it('names the pages that were looked at where the answer names none', async () => {
    await using fake = await fakeWith({ sources: [page], unnamed: true })
    expect(await searchOf(fake).find(question, never)).toMatchObject({ sources: [{ url: page.url }] })
  })

  it('names each page once, five at most, and none that is no page', async () => {
    const pages = Array.from({ length: 9 }, (_, at) => ({
      url: `https://example.org/${at}`,
      title: 'x'.repeat(500),
    }))
    const odd = [
      { url: 'javascript:alert(1)' },
      { url: 'https://' },
      { url: `https://example.org/${'y'.repeat(600)}` },
    ]
    await using fake = await fakeWith({ sources: [...odd, page, page, ...pages] })
    const found = await searchOf(fake).find(question, never)
    expect(found).toMatchObject({
      sources: [page, { url: 'https://example.org/0', title: `${'x'.repeat(120)}…` }, {}, {}, {}],
    })
  })

  it('cuts an answer that is too long to be read out', async () => {
    await using fake = await fakeWith({ answer: 'z'.repeat(20_000) })
    const found = await searchOf(fake).find(question, never)
    expect(found.ok && found.answer).toBe(`${'z'.repeat(3_000)}…`)
  })

  it('finds nothing where nothing was said, and says when that is for want of room', async () => {
    await using empty = await fakeWith({ answer: ' ' })
    expect(await searchOf(empty).find(question, never)).toEqual({ ok: false, code: 'noAnswer' })
    await using cut = await fakeWith({ incomplete: true })
    expect(await searchOf(cut).find(question, never)).toEqual({ ok: false, code: 'incomplete' })
  })

  it.each<['401' | '429' | '500', string]>([
    ['401', 'invalid_api_key'],
    ['429', 'rate_limit_exceeded'],
    ['500', 'server_error'],
  ])('says why it was refused with %s, in the word of the provider', async (refused, code) => {
    await using fake = await fakeWith({ refused })
    expect(await searchOf(fake).find(question, never)).toEqual({ ok: false, code })
  })

  it('asks for nothing that the provider does not know, and for a model that lives', async () => {
    await using fake = await fakeWith()
    expect(await searchOf(fake).find(question, never)).toMatchObject({ ok: true })
    const gone = searchOf(fake, { model: 'gpt-4-1106-preview' }).find(question, never)
    expect(await gone).toEqual({ ok: false, code: 'model_not_found' })
  })

  it('gives up when time is over or the call is, and when nobody is there', async () => {
    await using slow = await fakeWith({ takesMs: 60_000 })
    expect(await searchOf(slow, { timeoutMs: 50 }).find(question, never)).toEqual({
      ok: false,
      code: 'timeout',
    })
    const over = new AbortController()
    // Longer than this test may take: it is the signal that ends it.
    const cut = searchOf(slow, { timeoutMs: 60_000 }).find(question, over.signal)
    over.abort()
    expect(await cut).toEqual({ ok: false, code: 'aborted' })
    expect(await searchOf(slow).find(question, AbortSignal.abort())).toEqual({ ok: false, code: 'aborted' })
    const nobody = searchOf({ httpOrigin: 'http://127.0.0.1:9' })
    expect(await nobody.find(question, never)).toEqual({ ok: false, code: 'unreachable' })
  })

  it('does not take the words of a stranger for a code, nor show the key', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(418, { 'content-type': 'application/json', 'x-should-retry': 'false' })
      response.end(JSON.stringify({ error: { message: KEY, code: `Say ${KEY}`, type: 'x' } }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const found = await searchOf({ httpOrigin: `http://127.0.0.1:${port}` }).find(question, never)
    server.close()
    expect(found).toEqual({ ok: false, code: 'http_418' })
    expect(inspect(found)).not.toContain(KEY)
  })
})
