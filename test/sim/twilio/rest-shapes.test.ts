import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, NUMBER, twiml } from './memory-product.ts'
import { rest } from './on-rest.ts'

const file = join(import.meta.dirname, '../../../../shared/fixtures/twilio/twilio-api-v2010.subset.json')
const reason = "Twilio's OpenAPI description is not here"

type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly nullable?: boolean
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}
type Described = {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly responses: Readonly<
            Record<string, { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }>
          >
        }
      }
    >
  >
}

type Place = { readonly described: Described; readonly schema: Schema; readonly at: string }

/** Everything in which a value differs from its description: missing, added or mistyped properties. */
function differences(place: Place, value: unknown): string[] {
  const { described, schema, at } = place
  const known = schema.$ref ? described.components.schemas[schema.$ref.split('/').at(-1) ?? ''] : schema
  if (!known) return [`${at}: ${schema.$ref} is not described`]
  if (value === null) return known.nullable ? [] : [`${at}: null`]
  const text = typeof value === 'string' ? value : ''
  if (known.enum && !known.enum.includes(text)) return [`${at}: ${text} is no such word`]
  if (known.pattern && !new RegExp(known.pattern).test(text)) return [`${at}: ${text} is malformed`]
  if (Array.isArray(value)) {
    return value.flatMap((each, n) =>
      differences({ described, schema: known.items ?? {}, at: `${at}[${n}]` }, each),
    )
  }
  const type = Number.isInteger(value) ? 'integer' : typeof value
  if (known.type && known.type !== type) return [`${at}: ${type} instead of ${known.type}`]
  if (!known.properties || typeof value !== 'object') return []
  const { properties } = known
  const names = new Set([...Object.keys(properties), ...Object.keys(value)])
  return [...names].flatMap((name) => {
    const below = `${at}.${name}`
    if (!properties[name]) return [`${below}: not described`]
    const each = Object.entries(value).find(([key]) => key === name)
    return each
      ? differences({ described, schema: properties[name], at: below }, each[1])
      : [`${below}: missing`]
  })
}

describe("resources against Twilio's own description", () => {
  it('calls, messages, recordings and lists have the described names and types', async (ctx) => {
    ctx.skip(!existsSync(file), reason)
    const described = JSON.parse(readFileSync(file, 'utf8')) as Described
    const record = twiml('<Record playBeep="false" timeout="1" action="/end"/>')
    await using world = await rest({ speech: () => new Int16Array(8_000).fill(9_000) }, (each) =>
      each.path === '/twilio/voice' ? record : twiml(''),
    )
    const steps = [{ do: 'speak', clip: 'a', text: 'Hello' } as const]
    const call = world.twilio.placeCall({ from: CALLER, to: NUMBER, script: { steps } })
    await world.pass(5_000)
    const message = await world.client.messages.create({ to: CALLER, from: NUMBER, body: 'Hello' })
    const recordingSid = world.product.at('/end')[0]?.get('RecordingSid') ?? ''
    const authorization = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`
    const get = async (path: string): Promise<unknown> => {
      const url = `${world.twilio.origin}/2010-04-01/Accounts/${ACCOUNT_SID}/${path}`
      return await (await fetch(url, { headers: { authorization } })).json()
    }
    const check = async (path: string, template: string): Promise<string[]> => {
      const schema =
        described.paths[`/2010-04-01/Accounts/{AccountSid}/${template}`]?.get.responses['200']?.content[
          'application/json'
        ]?.schema
      return differences({ described, schema: schema ?? { $ref: template }, at: '' }, await get(path))
    }
    expect(await check(`Calls/${call.sid}.json`, 'Calls/{Sid}.json')).toEqual([])
    expect(await check('Calls.json', 'Calls.json')).toEqual([])
    expect(await check(`Messages/${message.sid}.json`, 'Messages/{Sid}.json')).toEqual([])
    expect(await check('Messages.json', 'Messages.json')).toEqual([])
    expect(await check(`Recordings/${recordingSid}.json`, 'Recordings/{Sid}.json')).toEqual([])
    expect(await world.client.recordings(recordingSid).remove()).toBe(true)
    await expect(world.client.recordings(recordingSid).fetch()).rejects.toMatchObject({ code: 20_404 })
  })

  it('differences() sees a missing, an added and a mistyped property', (ctx) => {
    ctx.skip(!existsSync(file), reason)
    const described = JSON.parse(readFileSync(file, 'utf8')) as Described
    const found = differences(
      { described, schema: { $ref: '#/components/schemas/api.v2010.account.message' }, at: '' },
      { sid: 'SM1', extra: 1, num_media: 0 },
    )
    expect(found).toEqual(
      expect.arrayContaining([
        '.body: missing',
        '.sid: SM1 is malformed',
        '.extra: not described',
        '.num_media: integer instead of string',
      ]),
    )
  })
})
