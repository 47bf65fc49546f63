import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownerFilePath, readConfig, variableNames } from '../../src/config/read-config.ts'
import { live, pinHash, refusalOf, wrongNames } from './reading.ts'

function ownerFile(text: string, mode = 0o100600) {
  return { readFile: () => ({ text, mode }) }
}

describe('readConfig() on secrets', () => {
  it.each([
    'changeme',
    'your_api_key',
    'sk-xxx',
    'sk-your-key-here',
    '<token>',
    'sk-...',
    'REPLACE_ME',
    'a b',
    'schlüssel',
  ])('refuses the placeholder %s', (value) => {
    expect(wrongNames({ OPENAI_API_KEY: value })).toEqual(['OPENAI_API_KEY'])
    expect(wrongNames({ ...live, TWILIO_AUTH_TOKEN: value })).toEqual(['TWILIO_AUTH_TOKEN'])
  })

  it.each([
    'scrypt$16384$8$1$c2FsdA$aGFzaA',
    pinHash.replace('16384', '16000'),
    pinHash.replace('16384', '512'),
    pinHash.replace('16384', '1048576').replace('$8$', '$16$'),
    pinHash.replace('scrypt', 'bcrypt'),
    pinHash.replace('c2Fs', 'c2+s'),
    '123456',
  ])('refuses %s as GODFATHER_PIN_HASH', (value) => {
    expect(wrongNames({ GODFATHER_PIN_HASH: value })).toEqual(['GODFATHER_PIN_HASH'])
  })

  it.each([
    'not json',
    '{}',
    '[{"name":"a","scopes":[],"sha256":"H"}]',
    '[{"name":"a","scopes":["root"],"sha256":"H"}]',
    '[{"name":"a","scopes":["read","read"],"sha256":"H"}]',
    '[{"name":"a b","scopes":["read"],"sha256":"H"}]',
    '[{"name":"a","scopes":["read"],"sha256":"H","key":"x"}]',
    '[{"name":"a","scopes":["read"],"sha256":"h"}]',
    '[{"name":"a","scopes":["read"],"sha256":"H"},{"name":"b","scopes":["read"],"sha256":"H"}]',
    '[{"name":"a","scopes":["read"],"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]',
  ])('refuses %s as API_KEYS', (value) => {
    expect(wrongNames({ API_KEYS: value.replaceAll('"H"', `"${'ab'.repeat(32)}"`) })).toEqual(['API_KEYS'])
  })

  it('never shows a value, whatever is wrong with it', () => {
    const mark = 'Zq7Wv'
    const values = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{"', 'https://', '+1415', 'sk-'),
    )
    const wrongEnv = fc.dictionary(
      fc.constantFrom(...variableNames),
      values.map((value) => `${value}${mark}${value}`),
      { minKeys: 1 },
    )
    let refused = 0
    fc.assert(
      fc.property(wrongEnv, (env) => {
        const error = refusalOf(env, ownerFile(`{"${mark}`))
        if (error) refused += 1
        const shown = [inspect(error, { depth: 9, showHidden: true }), String(error), JSON.stringify(error)]
        expect(shown.join().includes(mark)).toBe(false)
      }),
      { seed: 20_261_120, numRuns: 300 },
    )
    expect(refused).toBe(300)
  })
})

describe('readConfig() on the owner file', () => {
  const owner = '{"phone_numbers_csv": "+14155550101,+14155550103", "email": "owner@example.org"}'

  it('adds its numbers to those of the variable, each once', () => {
    const env = { GODFATHER_PHONE_NUMBERS: '+14155550102,+14155550101' }
    const { config } = readConfig(env, ownerFile(owner))
    expect(config.owner.phoneNumbers).toEqual(['+14155550102', '+14155550101', '+14155550103'])
    expect(config.owner.email).toBe('owner@example.org')
  })

  it.each([0o100644, 0o100640, 0o100604, 0o100610])('refuses permissions %o', (mode) => {
    expect(refusalOf({}, ownerFile(owner, mode))?.problems).toEqual([
      { name: ownerFilePath, problem: 'can be read by others: run chmod 600 on it' },
    ])
  })

  it.each([
    '',
    '[]',
    '{"phone_numbers": ["+14155550101"]}',
    '{"phone_numbers_csv": "4155550101"}',
    '{"email": 3}',
  ])('refuses %j', (text) => {
    expect(wrongNames({}, ownerFile(text))).toEqual([ownerFilePath])
  })
})
