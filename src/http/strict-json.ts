import type { FastifyInstance } from 'fastify'
import { scanKeys } from '../lib/duplicate-keys.ts'
import { RequestProblem } from './problem.ts'

/**
 * Has the JSON bodies of a scope refused that have a key twice in one object: whoever checks the first value would have
 * checked another one than is used.
 */
export function refuseDuplicateKeys(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = body.toString()
    const keys = scanKeys(text)
    if (keys !== 'unique') {
      const what = keys === 'duplicate' ? 'a key stands twice in one object' : 'nested too deeply'
      return done(new RequestProblem('invalid-request', `the body is refused: ${what}`))
    }
    try {
      done(null, JSON.parse(text))
    } catch {
      done(new RequestProblem('invalid-request', 'the body is not JSON'))
    }
  })
}
