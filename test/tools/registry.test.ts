import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { endCall } from '../../src/tools/end-call.ts'
import { ToolRegistryError } from '../../src/tools/check-definition.ts'
import { createToolBox, defineTool } from '../../src/tools/registry.ts'

const signal = new AbortController().signal
const echo = defineTool({
  name: 'echo',
  description: 'Says it again',
  arguments: z.strictObject({ text: z.string().max(5).describe('What to say') }),
  run: async ({ text }) => ({ status: 'done', output: text }),
})

function propose(name: string, args: string) {
  return createToolBox([endCall, echo]).run(
    { callSid: 'CA1', callId: 'call_1', name, arguments: args },
    signal,
  )
}

describe('createToolBox()', () => {
  it('definitions() are strict JSON Schema objects', () => {
    expect(createToolBox([endCall, echo]).definitions()).toEqual([
      {
        name: 'end_call',
        description: expect.stringContaining('End the phone call') as unknown,
        parameters: { type: 'object', properties: {}, additionalProperties: false },
      },
      {
        name: 'echo',
        description: 'Says it again',
        parameters: {
          type: 'object',
          properties: { text: { type: 'string', maxLength: 5, description: 'What to say' } },
          required: ['text'],
          additionalProperties: false,
        },
      },
    ])
  })

  it('run() hands checked arguments to the tool', async () => {
    expect(await propose('echo', '{"text":"hi"}')).toEqual({ status: 'done', output: 'hi' })
  })

  it('end_call asks for the end of the call', async () => {
    expect(await propose('end_call', '{}')).toMatchObject({ status: 'done', next: 'endCall' })
  })

  it.each([
    ['text that is no JSON', '{"text":'],
    ['a further property', '{"text":"hi","more":1}'],
    ['a missing property', '{}'],
    ['another type', '{"text":5}'],
    ['too long a value', '{"text":"123456"}'],
    ['too long a text', JSON.stringify({ text: 'x'.repeat(9_000) })],
  ])('run() answers %s and does not run', async (_what, args) => {
    const outcome = await propose('echo', args)
    expect(outcome.status).toBe('invalidArguments')
    expect(JSON.parse(outcome.output)).toMatchObject({ status: 'invalid_arguments' })
  })

  it('run() refuses an unknown tool', async () => {
    expect(await propose('launch_rocket', '{}')).toMatchObject({ status: 'unknownTool' })
  })

  it('refuses names that repeat or are not acceptable', () => {
    expect(() => createToolBox([echo, echo])).toThrow(ToolRegistryError)
    expect(() => createToolBox([{ ...echo, name: 'Echo!' }])).toThrow(/the name must match/)
    expect(() => createToolBox([{ ...echo, description: 'x'.repeat(1_025) }])).toThrow(/1025 characters/)
  })
})
