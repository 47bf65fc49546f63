import type { XmlElement } from './xml.ts'
import { parseXml, XmlError } from './xml.ts'

/** How a document is asked for. */
export type HttpMethod = 'GET' | 'POST'

/** Where a verb sends its result; absent when the verb names no action. */
export type Action = { readonly url: string; readonly method: HttpMethod }

/** A `<Stream>` as it was written. */
export type StreamNoun = {
  readonly url: string
  readonly name: string | undefined
  readonly statusCallback: Action | undefined
  readonly parameters: Readonly<Record<string, string>>
}

/** One verb of a document, with the defaults of Twilio's reference filled in. */
export type Verb =
  | { readonly kind: 'connect'; readonly stream: StreamNoun; readonly action: Action | undefined }
  | { readonly kind: 'say'; readonly text: string; readonly loop: number }
  | { readonly kind: 'play'; readonly url: string; readonly digits: string; readonly loop: number }
  | { readonly kind: 'pause'; readonly lengthS: number }
  | GatherVerb
  | RecordVerb
  | DialVerb
  | { readonly kind: 'redirect'; readonly url: string; readonly method: HttpMethod }
  | { readonly kind: 'reject'; readonly reason: 'rejected' | 'busy' }
  | { readonly kind: 'hangup' }

/** `<Gather>`: keys only; speech is not recognised here. */
export type GatherVerb = {
  readonly kind: 'gather'
  readonly action: Action | undefined
  readonly numDigits: number | undefined
  readonly finishOnKey: string
  readonly timeoutS: number
  readonly actionOnEmptyResult: boolean
  readonly prompts: readonly Verb[]
}

/** `<Record>`. */
export type RecordVerb = {
  readonly kind: 'record'
  readonly action: Action | undefined
  readonly maxLengthS: number
  readonly timeoutS: number
  readonly finishOnKey: string
  readonly playBeep: boolean
  readonly recordingStatusCallback: Action | undefined
}

/** `<Dial>` with its numbers, which ring at the same time. */
export type DialVerb = {
  readonly kind: 'dial'
  readonly numbers: readonly string[]
  readonly callerId: string | undefined
  readonly timeoutS: number
  readonly timeLimitS: number
  readonly action: Action | undefined
}

/** A parsed document; what was not understood is skipped and told (12200 in Twilio's debugger). */
export type TwimlDocument = { readonly verbs: readonly Verb[]; readonly warnings: readonly string[] }

const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  Connect: ['action', 'method'],
  Dial: [
    'action',
    'method',
    'timeout',
    'timeLimit',
    'callerId',
    'answerOnBridge',
    'hangupOnStar',
    'ringTone',
    'sequential',
    'record',
    'trim',
  ],
  Gather: [
    'action',
    'method',
    'input',
    'numDigits',
    'finishOnKey',
    'timeout',
    'actionOnEmptyResult',
    'language',
    'hints',
    'speechTimeout',
    'speechModel',
    'bargeIn',
    'profanityFilter',
    'enhanced',
  ],
  Hangup: [],
  Number: ['url', 'method', 'statusCallback', 'statusCallbackEvent', 'statusCallbackMethod', 'sendDigits'],
  Parameter: ['name', 'value'],
  Pause: ['length'],
  Play: ['digits', 'loop'],
  Record: [
    'action',
    'method',
    'maxLength',
    'timeout',
    'finishOnKey',
    'playBeep',
    'trim',
    'recordingStatusCallback',
    'recordingStatusCallbackEvent',
    'recordingStatusCallbackMethod',
    'transcribe',
    'transcribeCallback',
  ],
  Redirect: ['method'],
  Reject: ['reason'],
  Response: [],
  Say: ['voice', 'language', 'loop'],
  Stream: ['url', 'name', 'track', 'statusCallback', 'statusCallbackMethod'],
}

/**
 * Reads a TwiML document.
 * @throws XmlError when it is not well formed or its root is not `<Response>` (12100 in Twilio's debugger)
 * Source: Twilio, "TwiML for Programmable Voice"
 */
export function parseTwiml(text: string): TwimlDocument {
  const root = parseXml(text)
  if (root.name !== 'Response')
    throw new XmlError(`Cannot read TwiML: its root is <${root.name}>, not <Response>`)
  const reader = new VerbReader()
  return { verbs: reader.verbs(root, Object.keys(reader.readers)), warnings: reader.warnings }
}

class VerbReader {
  readonly warnings: string[] = []

  readonly readers: Readonly<Record<string, (element: XmlElement) => Verb | undefined>> = {
    Connect: (element) => this.#connect(element),
    Say: (element) => ({ kind: 'say', text: textOf(element).trim(), loop: this.#number(element, 'loop', 1) }),
    Play: (element) => ({
      kind: 'play',
      url: textOf(element).trim(),
      digits: element.attributes.get('digits') ?? '',
      loop: this.#number(element, 'loop', 1),
    }),
    Pause: (element) => ({ kind: 'pause', lengthS: this.#number(element, 'length', 1) }),
    Gather: (element) => this.#gather(element),
    Record: (element) => this.#record(element),
    Dial: (element) => this.#dial(element),
    Redirect: (element) => ({
      kind: 'redirect',
      url: textOf(element).trim(),
      method: methodOf(element, 'method'),
    }),
    Reject: (element) => ({
      kind: 'reject',
      reason: element.attributes.get('reason') === 'busy' ? 'busy' : 'rejected',
    }),
    Hangup: () => ({ kind: 'hangup' }),
  }

  verbs(parent: XmlElement, allowed: readonly string[]): Verb[] {
    const verbs: Verb[] = []
    for (const child of parent.children) {
      if (typeof child === 'string') {
        if (child.trim()) this.warnings.push(`Text directly in <${parent.name}>`)
        continue
      }
      const read = allowed.includes(child.name) ? this.readers[child.name] : undefined
      if (!read) this.warnings.push(`<${child.name}> is no verb that can stand in <${parent.name}>`)
      else {
        this.#checkAttributes(child)
        const verb = read(child)
        if (verb) verbs.push(verb)
      }
    }
    return verbs
  }

  #connect(element: XmlElement): Verb | undefined {
    const [noun, ...others] = elementsOf(element)
    if (noun?.name !== 'Stream' || others.length > 0) {
      this.warnings.push('<Connect> does not hold exactly one <Stream>')
      return undefined
    }
    this.#checkAttributes(noun)
    const track = noun.attributes.get('track') ?? 'inbound_track'
    if (track !== 'inbound_track') this.warnings.push(`<Stream track> ${track} is not possible in <Connect>`)
    const parameters: Record<string, string> = {}
    for (const child of elementsOf(noun)) {
      const name = child.attributes.get('name')
      if (child.name !== 'Parameter' || name === undefined) this.warnings.push(`<${child.name}> in <Stream>`)
      else parameters[name] = child.attributes.get('value') ?? ''
    }
    return {
      kind: 'connect',
      action: actionOf(element),
      stream: {
        url: noun.attributes.get('url') ?? '',
        name: noun.attributes.get('name'),
        statusCallback: actionOf(noun, 'statusCallback', 'statusCallbackMethod'),
        parameters,
      },
    }
  }

  #gather(element: XmlElement): Verb {
    const input = element.attributes.get('input') ?? 'dtmf'
    if (!input.split(' ').includes('dtmf'))
      this.warnings.push(`<Gather input> ${input} is not rehearsed, only dtmf is`)
    const numDigits = this.#number(element, 'numDigits', 0)
    return {
      kind: 'gather',
      action: actionOf(element),
      numDigits: numDigits > 0 ? numDigits : undefined,
      finishOnKey: element.attributes.get('finishOnKey') ?? '#',
      timeoutS: this.#number(element, 'timeout', 5),
      actionOnEmptyResult: element.attributes.get('actionOnEmptyResult') === 'true',
      prompts: this.verbs(element, ['Say', 'Play', 'Pause']),
    }
  }

  #record(element: XmlElement): Verb {
    return {
      kind: 'record',
      action: actionOf(element),
      maxLengthS: this.#number(element, 'maxLength', 3_600),
      timeoutS: this.#number(element, 'timeout', 5),
      finishOnKey: element.attributes.get('finishOnKey') ?? '1234567890*#',
      playBeep: element.attributes.get('playBeep') !== 'false',
      recordingStatusCallback: actionOf(element, 'recordingStatusCallback', 'recordingStatusCallbackMethod'),
    }
  }

  #dial(element: XmlElement): Verb {
    const numbers: string[] = []
    for (const child of elementsOf(element)) {
      if (child.name === 'Number') {
        this.#checkAttributes(child)
        numbers.push(textOf(child).trim())
      } else this.warnings.push(`<${child.name}> in <Dial> is not rehearsed, only <Number> is`)
    }
    const bare = textOf(element).trim()
    if (bare) numbers.push(bare)
    return {
      kind: 'dial',
      numbers: numbers.slice(0, 10),
      callerId: element.attributes.get('callerId'),
      timeoutS: this.#number(element, 'timeout', 30),
      timeLimitS: this.#number(element, 'timeLimit', 14_400),
      action: actionOf(element),
    }
  }

  #number(element: XmlElement, name: string, otherwise: number): number {
    const value = element.attributes.get(name)
    if (value === undefined || value === 'auto') return otherwise
    if (/^\d{1,6}$/.test(value)) return Number(value)
    this.warnings.push(`<${element.name} ${name}> is not a whole number: ${value}`)
    return otherwise
  }

  #checkAttributes(element: XmlElement): void {
    for (const name of element.attributes.keys()) {
      if (!ATTRIBUTES[element.name]?.includes(name))
        this.warnings.push(`<${element.name}> has no attribute ${name}`)
    }
  }
}

function actionOf(element: XmlElement, name = 'action', method = 'method'): Action | undefined {
  const url = element.attributes.get(name)
  return url ? { url, method: methodOf(element, method) } : undefined
}

function methodOf(element: XmlElement, name: string): HttpMethod {
  return element.attributes.get(name) === 'GET' ? 'GET' : 'POST'
}

function elementsOf(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => typeof child !== 'string')
}

function textOf(element: XmlElement): string {
  return element.children.filter((child) => typeof child === 'string').join('')
}
