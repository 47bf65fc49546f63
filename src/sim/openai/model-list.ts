import type { IncomingMessage, ServerResponse } from 'node:http'
import { keyOf, refuse } from './handshake.ts'
import type { HandshakeRules, HttpError } from './handshake.ts'
import { livingModel, livingModels, modelResource } from './living-models.ts'

/** Answers `GET /v1/models` and `GET /v1/models/{id}`, and everything else with 404. */
export function answerModels(
  request: IncomingMessage,
  response: ServerResponse,
  rules: HandshakeRules,
): void {
  const { models, wallMs } = rules
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
  if (!rules.apiKeys.includes(keyOf(request.headers) ?? ''))
    return answerError(response, refuse(401, 'invalid_api_key', 'Incorrect API key provided.'))
  if (request.method === 'GET' && pathname === '/v1/models') {
    const data = livingModels(models, wallMs).map(modelResource)
    return answerJson(response, 200, { object: 'list', data })
  }
  const id = /^\/v1\/models\/([^/]+)$/.exec(pathname)?.[1]
  if (request.method !== 'GET' || id === undefined) {
    return answerError(response, refuse(404, 'not_found', `Unknown path: ${pathname}`))
  }
  const model = livingModel({ models, id, wallMs })
  if (!model) return answerError(response, refuse(404, 'model_not_found', `The model '${id}' does not exist`))
  return answerJson(response, 200, modelResource(model))
}

function answerError(response: ServerResponse, refused: { status: number; error: HttpError }): void {
  answerJson(response, refused.status, { error: refused.error })
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
