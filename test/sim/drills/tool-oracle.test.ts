import { describe, expect, it } from 'vitest'
import { ToolOracle } from '../../../src/sim/drills/tool-oracle.ts'

const asked = (args: unknown, call = 'call_1', more: object = {}) =>
  Buffer.from(
    JSON.stringify({
      type: 'response.output_item.done',
      item: {
        type: 'function_call',
        status: 'completed',
        name: 'end_call',
        call_id: call,
        arguments: args,
        ...more,
      },
    }),
  )
const ran = (call = 'call_1', status = 'done') => ({
  type: 'conversation.item.create',
  item: { type: 'function_call_output', call_id: call, output: JSON.stringify({ status }) },
})

describe('ToolOracle', () => {
  it.each([
    ['no JSON', asked('{')],
    ['a member that is not known', asked('{"a":1}')],
    ['a list', asked('[]')],
    ['too many characters', asked(`${' '.repeat(8_192)}{}`)],
    ['another tool', asked('{}', 'call_1', { name: 'send_sms' })],
    ['a call that was cut off', asked('{}', 'call_1', { status: 'incomplete' })],
  ])('finds a tool that was run on %s', (_, message) => {
    const oracle = new ToolOracle()
    oracle.sent(message)
    oracle.answered(ran('call_1', 'invalid_arguments'))
    expect(oracle.problems).toEqual([])
    oracle.answered(ran())
    expect(oracle.problems).toHaveLength(1)
  })

  it('finds nothing wrong with a tool that may be run, nor with a call that it was not told of', () => {
    const oracle = new ToolOracle()
    oracle.sent(asked('{"a":1}'))
    oracle.sent(asked(' { } '))
    oracle.answered(ran())
    oracle.answered(ran('call_2'))
    expect(oracle.problems).toEqual([])
  })
})
