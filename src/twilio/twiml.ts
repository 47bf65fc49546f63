import type { CallAnswer } from '../ports/incoming-calls.ts'
import type { PublicAddress } from './public-address.ts'

/** Path in front of a stream's nonce. */
export const mediaPath = '/twilio/media/'

/** A sentence in TwiML is at most this long; fixed sentences are far below. */
const MAX_SAY_CHARACTERS = 3_000

/**
 * The TwiML document for an answer. `<Connect action>` is always set, because whatever ends the stream (a goodbye,
 * a crash, a transfer) makes Twilio ask that URL what comes next.
 */
export function twimlFor(answer: CallAnswer, address: PublicAddress): string {
  let verbs: string
  switch (answer.kind) {
    case 'connect':
      verbs = connectVerb(answer.nonce, address)
      break
    case 'sayAndHangUp':
      verbs = sayVerb(answer.text, answer.language) + element('Hangup', {})
      break
    case 'hangUp':
      verbs = element('Hangup', {})
      break
    case 'reject':
      verbs = element('Reject', { reason: 'busy' })
      break
    case 'recordMessage':
      verbs = sayVerb(answer.text, answer.language) + recordVerb(answer.maxSeconds, address)
      break
    case 'dialPerson':
      verbs = sayVerb(answer.text, answer.language) + dialVerb(answer, address)
  }
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`
}

function connectVerb(nonce: string, { origin, mediaOrigin }: PublicAddress): string {
  const stream = element('Stream', {
    url: `${mediaOrigin}${mediaPath}${nonce}`,
    statusCallback: `${origin}/twilio/stream-status`,
  })
  return element('Connect', { action: `${origin}/twilio/after-stream` }, stream)
}

/** Without a word after the tone the network goes on behind the verb, and asks nothing. */
function recordVerb(maxSeconds: number, { origin }: PublicAddress): string {
  const record = element('Record', {
    action: `${origin}/twilio/after-stream`,
    maxLength: String(maxSeconds),
    timeout: '5',
    playBeep: 'true',
    recordingStatusCallback: `${origin}/twilio/recording`,
  })
  return record + element('Hangup', {})
}

function dialVerb(answer: Extract<CallAnswer, { kind: 'dialPerson' }>, { origin }: PublicAddress): string {
  const number = element('Number', {}, escapeText(cleanText(answer.number)))
  const attributes = {
    action: `${origin}/twilio/after-stream`,
    callerId: answer.callerId,
    timeout: String(answer.ringSeconds),
    timeLimit: String(answer.maxSeconds),
  }
  return element('Dial', attributes, number)
}

function sayVerb(text: string, language: string): string {
  return element('Say', { language }, escapeText(cleanText(text.slice(0, MAX_SAY_CHARACTERS))))
}

/**
 * Drops what XML 1.0 has no character for: controls, lone surrogates, U+FFFE and U+FFFF. Twilio answers a document
 * that holds one with error 12100, and the caller hears that something went wrong.
 * Source: XML 1.0 (fifth edition), production 2
 */
export function cleanText(text: string): string {
  return text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
}

function element(name: string, attributes: Readonly<Record<string, string>>, content = ''): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeAttribute(cleanText(value))}"`)
    .join('')
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`
}

const textEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
}

const attributeEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => textEscapes[character] ?? character)
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<"\t\n\r]/g, (character) => attributeEscapes[character] ?? character)
}
