import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Clock } from '../../lib/clock.ts'
import { keyOf, refuse } from './handshake.ts'
import type { HandshakeRules } from './handshake.ts'
import { livingModel } from './living-models.ts'
import { answerModels } from './model-list.ts'
import { usualSearch, type WebSearchScript } from './web-searches.ts'

const MAX_BODY_BYTES = 262_144

/** What answers over HTTP go by. */
export type HttpRules = HandshakeRules & {
  readonly clock: Clock
  /** What is found for which question; the first that fits. */
  readonly searches: readonly WebSearchScript[]
}

/** What the fake takes of a request: like the real one it refuses what it does not know. */
const requestSchema = z.strictObject({
  model: z.string(),
  input: z.string().min(1),
  instructions: z.string().optional(),
  tools: z.array(
    z.strictObject({
      type: z.literal('web_search'),
      search_context_size: z.enum(['low', 'medium', 'high']).optional(),
      user_location: z
        .strictObject({
          type: z.literal('approximate'),
          timezone: z.string().optional(),
          country: z.string().length(2).optional(),
          city: z.string().optional(),
        })
        .nullish(),
    }),
  ),
  max_tool_calls: z.int().min(1).optional(),
  max_output_tokens: z.int().min(16).optional(),
  include: z.array(z.enum(['web_search_call.action.sources'])).optional(),
  store: z.boolean().optional(),
})

type WebRequest = z.infer<typeof requestSchema>

/** Answers `POST /v1/responses` with the hosted web search, and hands everything else on. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, rules: HttpRules): void {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
  if (request.method !== 'POST' || pathname !== '/v1/responses') return answerModels(request, response, rules)
  readText(request).then(
    (text) => answerResponse(text, { request, response, rules }),
    () => response.destroy(),
  )
}

function answerResponse(
  text: string,
  { request, response, rules }: { request: IncomingMessage; response: ServerResponse; rules: HttpRules },
): void {
  const refused = (status: number, code: string, message: string): void =>
    answerJson(response, status, { error: refuse(status, code, message).error })
  if (!rules.apiKeys.includes(keyOf(request.headers) ?? ''))
    return refused(401, 'invalid_api_key', 'Incorrect API key provided.')
  const { data: asked, error } = requestSchema.safeParse(jsonOf(text))
  if (!asked) {
    const [issue] = error.issues
    return refused(400, 'invalid_value', `Invalid '${issue?.path.join('.') ?? ''}': ${issue?.message ?? ''}`)
  }
  const { models, wallMs, searches, clock } = rules
  if (!livingModel({ models, id: asked.model, wallMs }))
    return refused(404, 'model_not_found', `The model '${asked.model}' does not exist`)
  const question = asked.input.toLowerCase()
  const found = searches.find((one) => question.includes(one.asked.toLowerCase())) ?? usualSearch
  const timer = clock.setTimer(found.takesMs, () => {
    if (found.refused === undefined) return answerJson(response, 200, resource(asked, found, wallMs))
    const code = { '401': 'invalid_api_key', '429': 'rate_limit_exceeded', '500': 'server_error' }[
      found.refused
    ]
    return refused(Number(found.refused), code, 'Not now.')
  })
  response.once('close', () => timer.cancel())
}

function resource(asked: WebRequest, found: WebSearchScript, wallMs: number): unknown {
  const { answer, sources, unnamed, incomplete } = found
  const annotations = unnamed
    ? []
    : sources.map(({ url, title = '' }) => ({
        type: 'url_citation',
        url,
        title,
        start_index: 0,
        end_index: answer.length,
      }))
  const listed = asked.include?.includes('web_search_call.action.sources')
    ? { sources: sources.map(({ url }) => ({ type: 'url', url })) }
    : {}
  const said = {
    type: 'message',
    id: 'msg_fake',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: answer, annotations, logprobs: [] }],
  }
  const searched = {
    type: 'web_search_call',
    id: 'ws_fake',
    status: 'completed',
    action: { type: 'search', query: asked.input, queries: [asked.input], ...listed },
  }
  return {
    id: 'resp_fake',
    object: 'response',
    created_at: Math.floor(wallMs / 1_000),
    status: incomplete ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: incomplete ? { reason: 'max_output_tokens' } : null,
    model: asked.model,
    output: incomplete ? [searched] : [searched, said],
    usage: {
      input_tokens: 900,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 80,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 980,
    },
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error(`Cannot read a request over ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
