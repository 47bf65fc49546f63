import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { offerableTools, toolRule } from '../../src/policy/tool-rules.ts'
import type { ToolHandler } from '../../src/ports/tools.ts'
import { catalogue } from '../../src/tools/catalogue.ts'
import { offeredTools } from '../../src/tools/offered-tools.ts'
import type { ToolSpec } from '../../src/tools/tool-spec.ts'

const handler: ToolHandler = async () => ({ kind: 'done', result: {} })
const riskOf = (name: string) => toolRule(name)?.risk
const handlers = new Map(catalogue.map(({ name }) => [name, handler]))
const sms = catalogue.find(({ name }) => name === 'send_sms')

function offer(change: Partial<ToolSpec>, more: readonly ToolSpec[] = []) {
  if (!sms) throw new Error('No send_sms')
  const spec = { ...sms, ...change }
  return offeredTools([spec, ...more], { riskOf, handlers: new Map([[spec.name, handler]]) })
}

function taking(field: z.ZodType): Partial<ToolSpec> {
  return { arguments: z.strictObject({ field }) }
}

describe('offeredTools()', () => {
  it('offers every tool that the policy knows when each has a handler', () => {
    const names = offeredTools(catalogue, { riskOf, handlers }).map(({ definition }) => definition.name)
    expect(names.toSorted()).toEqual(offerableTools(() => true).toSorted())
  })

  it('offers no tool without a handler', () => {
    const some = new Map([['end_call', handler]])
    const offered = offeredTools(catalogue, { riskOf, handlers: some })
    expect(offered.map(({ definition }) => definition.name)).toEqual(['end_call'])
  })

  it('tells the model of schemas that are strict, bounded and described', () => {
    const tool = offer({})[0]
    expect(tool?.definition.parameters).toEqual({
      type: 'object',
      properties: {
        to_number: {
          type: 'string',
          maxLength: 16,
          pattern: '^\\+[1-9][0-9]{6,14}$',
          description: expect.stringContaining('E.164') as unknown,
        },
        body: {
          type: 'string',
          minLength: 1,
          maxLength: 1_000,
          description: expect.stringContaining('whole message') as unknown,
        },
      },
      required: ['to_number', 'body'],
      additionalProperties: false,
    })
  })

  it.each<[string, Partial<ToolSpec>, RegExp]>([
    ['a name that is none', { name: 'Send-SMS' }, /tool Send-SMS: the name must match/],
    ['a name of 65 characters', { name: 'a'.repeat(65) }, /the name must match/],
    ['a name without a rule', { name: 'send_fax' }, /tool send_fax: the policy has no rule/],
    ['another risk than the rule', { risk: 'low' }, /tool send_sms: its risk is low, and high by/],
    ['a high risk that is no effect', { isEffect: false }, /send_sms: it is high-risk and no effect/],
    ['a time that is none', { timeoutMs: 0 }, /its time is none/],
    ['no description', { description: ' ' }, /its description has 1 characters/],
    ['a long description', { description: 'x'.repeat(1_025) }, /its description has 1025/],
    ['arguments that take more', { arguments: z.looseObject({}) }, /arguments takes further properties/],
    ['arguments that are a list', { arguments: z.array(z.string()) as never }, /its arguments are no object/],
    ['a field without description', taking(z.string().max(5)), /tool send_sms: field has no description/],
    ['a text without end', taking(z.string().describe('x')), /field has no maxLength/],
    ['a number without bounds', taking(z.number().describe('x')), /field has no bounds/],
    ['a list without end', taking(z.array(z.boolean()).describe('x')), /field has no maxItems/],
    [
      'a list of endless texts',
      taking(z.array(z.string()).max(2).describe('x')),
      /field\[\] has no maxLength/,
    ],
    ['anything', taking(z.unknown().describe('x')), /field has no type/],
    ['what has no schema', taking(z.date().describe('x')), /have no JSON Schema/],
    [
      'a field of a field without end',
      taking(z.strictObject({ inner: z.string().describe('x') }).describe('x')),
      /field\.inner has no maxLength/,
    ],
    ['an endless schema', taking(z.string().max(5).describe('x'.repeat(4_100))), /its schema has \d+ char/],
  ])('refuses %s, and says which', (_what, change, message) => {
    expect(() => offer(change)).toThrow(message)
  })

  it('refuses a name twice, a handler without a tool, and too many tools', () => {
    if (!sms) throw new Error('No send_sms')
    expect(() => offer({}, [sms])).toThrow(/tool send_sms: the name is taken/)
    const lost = new Map([['fly', handler]])
    expect(() => offeredTools(catalogue, { riskOf, handlers: lost })).toThrow(/tool fly: it has a handler/)
    const many = Array.from({ length: 129 }, (_, at) => ({ ...sms, name: `t${at}` }))
    expect(() => offeredTools(many, { riskOf, handlers: new Map() })).toThrow(/Cannot offer 129 tools/)
  })
})
