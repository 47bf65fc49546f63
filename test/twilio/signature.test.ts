import * as fc from 'fast-check'
import { getExpectedTwilioSignature, validateRequest } from 'twilio/lib/webhooks/webhooks.js'
import { describe, expect, it } from 'vitest'
import { parseForm } from '../../src/twilio/form.ts'
import type { Form } from '../../src/twilio/form.ts'
import { checkTokens, isSignedForm, isSignedUpgrade, signatureOf } from '../../src/twilio/signature.ts'
import { authToken, publicUrl } from './support/names.ts'
import { encode, signForm, voiceFields } from './support/forms.ts'
import { anyText } from './support/any-text.ts'

const seed = 20_261_120
const url = `${publicUrl}/twilio/voice`

function sdkVerdict(signature: string, signedUrl: string, form: Form): boolean {
  const params = Object.fromEntries([...form].map(([name, values]) => [name, [...values]]))
  return validateRequest(authToken, signature, signedUrl, params)
}

const text = anyText(12).map((value) => value.toWellFormed())
const fieldName = fc.oneof(
  fc.constantFrom('From', 'To', 'CallSid', 'Body', '__proto__', 'constructor'),
  fc.string({ minLength: 1, maxLength: 8 }).map((name) => name.toWellFormed()),
)
const forms = fc
  .array(fc.tuple(fieldName, text), { maxLength: 12 })
  .map((fields) => ({ fields, form: parseForm(Buffer.from(encode(fields))) ?? new Map<string, string[]>() }))
const targets = fc.constantFrom(
  `${publicUrl}/twilio/voice`,
  `${publicUrl}/twilio/voice?ref=abc-1`,
  `${publicUrl}:443/twilio/voice`,
  `${publicUrl}:8443/twilio/status?a=b&c=d`,
  'http://127.0.0.1:4010/twilio/voice',
  'http://127.0.0.1/twilio/voice',
  'http://[::1]:4010/twilio/voice',
)

describe('isSignedForm()', () => {
  it('accepts what the SDK signed and gives the same verdict on every change, for any form', () => {
    const changes = fc.constantFrom<(signature: string) => string>(
      (signature) => signature,
      (signature) => signature,
      (signature) => signature,
      (signature) => signature,
      (signature) => signature.toLowerCase(),
      (signature) => signature.slice(1),
      (signature) => `${signature} `,
      () => '',
    )
    let accepted = 0
    fc.assert(
      fc.property(
        forms,
        fc.oneof(
          targets.map((target) => [target, target] as const),
          fc.tuple(targets, targets),
        ),
        changes,
        ({ form }, [signedUrl, seenUrl], change) => {
          const params = Object.fromEntries([...form].map(([name, values]) => [name, [...values]]))
          const signature = change(getExpectedTwilioSignature(authToken, signedUrl, params))
          const verdict = isSignedForm([authToken], { signature, url: seenUrl, form })
          expect(verdict).toBe(sdkVerdict(signature, seenUrl, form))
          if (verdict) accepted += 1
        },
      ),
      { seed, numRuns: 1_000 },
    )
    expect(accepted).toBeGreaterThan(50)
  })

  it('accepts nothing that the SDK refuses, for any URL', () => {
    const paths = fc
      .string({ maxLength: 12 })
      .map((path) => `${publicUrl}/${path.toWellFormed().replaceAll(/[\s]/g, '')}`)
    fc.assert(
      fc.property(forms, paths, fc.boolean(), ({ form }, seenUrl, honest) => {
        const params = Object.fromEntries([...form].map(([name, values]) => [name, [...values]]))
        const signature = getExpectedTwilioSignature(honest ? authToken : `${authToken}x`, seenUrl, params)
        const verdict = isSignedForm([authToken], { signature, url: seenUrl, form })
        expect(verdict).toBe(honest)
        expect(sdkVerdict(signature, seenUrl, form)).toBe(honest)
      }),
      { seed, numRuns: 300 },
    )
  })

  it('accepts the previous token while it is configured, and not afterwards', () => {
    const fields = voiceFields()
    const form = parseForm(Buffer.from(encode(fields))) ?? new Map<string, string[]>()
    const signature = signForm(url, fields, 'the-old-token')
    expect(isSignedForm([authToken, 'the-old-token'], { signature, url, form })).toBe(true)
    expect(isSignedForm([authToken], { signature, url, form })).toBe(false)
    expect(isSignedForm([authToken, undefined], { signature, url, form })).toBe(false)
  })
})

describe('isSignedUpgrade()', () => {
  const media = 'wss://voice.example.org/twilio/media/AAAAAAAAAAAAAAAAAAAAAA'

  function verdict(signedUrl: string): boolean {
    const signature = getExpectedTwilioSignature(authToken, signedUrl, {})
    return isSignedUpgrade([authToken], { signature, url: media })
  }

  it('accepts the wss URL, with a slash at its end, and with the port 443', () => {
    expect(verdict(media)).toBe(true)
    expect(verdict(`${media}/`)).toBe(true)
    expect(verdict(media.replace('.org/', '.org:443/'))).toBe(true)
    expect(verdict(media.replace('.org/', '.org:443/') + '/')).toBe(true)
  })

  it('refuses every other URL', () => {
    expect(verdict(media.replace('wss', 'https'))).toBe(false)
    expect(verdict(media.replace('wss', 'ws'))).toBe(false)
    expect(verdict(media.replace('.org/', '.org:80/'))).toBe(false)
    expect(verdict(`${media}//`)).toBe(false)
    expect(verdict(`${media}?a=b`)).toBe(false)
    expect(verdict(media.replace('/AAAA', '/BAAA'))).toBe(false)
    expect(verdict(media.replace('voice.', 'Voice.'))).toBe(false)
  })

  it('takes the loopback port as it is configured', () => {
    const local = 'ws://127.0.0.1:4010/twilio/media/AAAAAAAAAAAAAAAAAAAAAA'
    const signature = getExpectedTwilioSignature(authToken, local, {})
    expect(isSignedUpgrade([authToken], { signature, url: local })).toBe(true)
  })
})

describe('checkTokens()', () => {
  it('refuses an empty token, current or previous, since everybody could sign with it', () => {
    expect(() => checkTokens([''])).toThrow('TWILIO_AUTH_TOKEN is empty')
    expect(() => checkTokens([' '])).toThrow('TWILIO_AUTH_TOKEN is empty')
    expect(() => checkTokens([authToken, ''])).toThrow('TWILIO_AUTH_TOKEN is empty')
    expect(() => checkTokens([authToken])).not.toThrow()
  })
})

describe('signatureOf()', () => {
  it('signs a form as the SDK does, and an upgrade', () => {
    const form = parseForm(Buffer.from(encode(voiceFields()))) ?? new Map<string, string[]>()
    const signed = signatureOf(authToken, { url, form })
    expect(sdkVerdict(signed, url, form)).toBe(true)
    const upgrade = signatureOf(authToken, { url: 'wss://agent.example.org/twilio/media/1' })
    const seen = { signature: upgrade, url: 'wss://agent.example.org/twilio/media/1' }
    expect(isSignedUpgrade([authToken], seen)).toBe(true)
    expect(isSignedUpgrade([authToken], { ...seen, url: 'wss://agent.example.org/twilio/media/2' })).toBe(
      false,
    )
  })

  it('signs what is no URL as it is', () => {
    const signature = signatureOf(authToken, { url: 'nowhere' })
    expect(isSignedForm([authToken], { signature, url: 'nowhere', form: new Map() })).toBe(true)
    expect(isSignedForm([authToken], { signature, url: 'nowhere:443', form: new Map() })).toBe(false)
  })
})
