/**
 * One sentence for the operator per error code of Twilio, and per code of the network below it.
 * Source: Twilio's error dictionary and its Media Streams, voice and messaging pages, as of November 2026.
 */
const sentences: Readonly<Record<string, string>> = {
  // REST, at once
  '20003':
    'Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: Twilio refused them, or the account is closed or suspended',
  '20404': 'Twilio does not know this sid; a call that is to be ended is already gone',
  '20429': 'Twilio had too many of our requests at once and went on refusing after the retries',
  '20008': 'Use live credentials: the test credentials cannot use this resource',
  '10004': 'The account has as many calls at once as it may have: see its profile at Twilio',
  '21201': 'Name a number to call: the request had no "to"',
  '21213': 'Name a number to call from: the request had no "from"',
  '21205': 'Check PUBLIC_URL: Twilio does not accept the URL of a callback or of the TwiML',
  '21210': 'Check TWILIO_PHONE_NUMBER: this account neither owns nor has verified the number it calls from',
  '21211': 'Ask for the number again, with plus sign and country code: Twilio does not take it for valid',
  '21212': 'Check TWILIO_PHONE_NUMBER: Twilio does not take the number it calls from for valid',
  '21214': 'This number cannot be reached from Twilio',
  '21215': "Enable the country in Twilio's voice geographic permissions: calls to it are switched off",
  '21216': 'Twilio does not call this number: it is on its list of blocked numbers',
  '21217': 'Ask for the number again: it does not look like a phone number',
  '21218': 'Check the application sid: Twilio does not know it',
  '21219': 'Verify this number at Twilio first: a trial account calls verified numbers only',
  '21220': 'The call is not in progress any more',
  '21408': "Enable the country in Twilio's messaging geographic permissions: texts to it are switched off",
  '21606': 'Check TWILIO_PHONE_NUMBER: it cannot send texts to this number, or the account does not own it',
  '21608': 'Verify this number at Twilio first: a trial account texts verified numbers only',
  '21610': 'This person has opted out of texts from us',
  '21612': 'There is no route for texts from our number to this one',
  '21614': 'This is not a mobile number: it cannot receive texts',
  '21617': 'Shorten the text: Twilio takes at most 1,600 characters',
  '32018': 'Shorten the inline TwiML: Twilio takes at most 4,000 characters',
  // Later, in callbacks or in Twilio's debugger
  '11200': 'Twilio could not use the answer of our webhook: see its debugger for the status it got',
  '11205': 'Twilio could not connect to our webhook: check PUBLIC_URL, the proxy and the firewall',
  '11210': 'Twilio could not resolve the host name of our webhook: check PUBLIC_URL and its DNS records',
  '11220': 'Twilio could not agree on TLS with our webhook: check the certificate of PUBLIC_URL',
  '12100': 'Twilio could not parse our TwiML',
  '12200': 'Our TwiML has an element or attribute that Twilio does not know',
  '12300': 'Our webhook answered with a content type that is not XML',
  '13223': 'The number to transfer to is not in the form that <Dial> needs',
  '13224': 'The number to transfer to is invalid or cannot be called',
  '13225': 'Twilio does not transfer to this number: it is forbidden',
  '13227': "Enable the country in Twilio's voice geographic permissions: transfers to it are switched off",
  '13805': 'Twilio ended the call: a trial account may talk for ten minutes',
  '30003': 'The handset could not be reached: it is off or without coverage',
  '30004': 'The text was blocked on the way or by the receiver',
  '30005': 'The number is unknown or no longer in service',
  '30006': 'The number is a landline or its carrier takes no texts',
  '30007': 'Twilio or the carrier filtered the text as spam',
  '30008': 'The carrier did not deliver the text and gave no reason',
  '30032': 'Have the toll-free number verified at Twilio: until then its texts are blocked',
  '30034':
    'Register the number for application texts (A2P 10DLC) at Twilio: until then its texts are blocked',
  // Media Streams
  '31901': 'Our media socket did not answer Twilio: check host, port and firewall',
  '31902': 'Our media socket refused the connection: is the server running and the proxy set up',
  '31903':
    'The media connection broke while streaming: a crash, a reset, or a proxy that cuts idle connections',
  '31910': 'Twilio could not agree on TLS with our media socket: it needs wss and an ordinary certificate',
  '31920': 'Our media socket refused the upgrade: check the path, the signature settings and PUBLIC_URL',
  '31921': 'Our side closed the media socket',
  '31922': 'The stream URL must begin with wss://',
  '31923': 'The stream URL is malformed: check PUBLIC_URL',
  '31924': 'The media connection broke the websocket protocol: look for a proxy that changes frames',
  '31931': 'More than ten minutes of audio were queued at Twilio: it dropped the rest',
  '31950': 'Twilio could not decode a message of ours: binary frames are not allowed',
  '31951': 'Twilio ignored a message of ours that it found invalid',
  // The network below, and our own deadline
  ECONNREFUSED: 'Twilio refused the connection: check the network and TWILIO_API_BASE_URL',
  ENOTFOUND: 'The host name of Twilio did not resolve: check DNS',
  EAI_AGAIN: 'The host name of Twilio did not resolve for now: check DNS',
  ENETUNREACH: 'There is no way to Twilio from here: check the network',
  EHOSTUNREACH: 'There is no way to Twilio from here: check the network',
  ECONNRESET: 'The connection to Twilio broke before its answer came',
  EPIPE: 'The connection to Twilio broke before its answer came',
  ECONNABORTED: 'Twilio did not answer in time',
  ETIMEDOUT: 'Twilio did not answer in time',
  timeout: 'Twilio did not answer in time',
  noPublicUrl: 'Set PUBLIC_URL: without it Twilio cannot ask about calls or tell of messages',
  aborted: 'The request to Twilio was given up before its answer came',
}

/**
 * The sentence for a code.
 * @param code Twilio's number, a network code, or a word of ours
 */
export function sentenceFor(code: string | number): string | undefined {
  const key = String(code)
  return Object.hasOwn(sentences, key) ? sentences[key] : undefined
}

/** Network codes after which nothing can have reached Twilio: the order was certainly not carried out. */
export const nothingSentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])
