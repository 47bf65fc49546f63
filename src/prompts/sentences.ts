/** Languages that have every fixed sentence, as ISO 639-1 codes. */
export const sentenceLanguages = ['en', 'es', 'de'] as const

/** A language that has every fixed sentence. */
export type SentenceLanguage = (typeof sentenceLanguages)[number]

/** The names of the fixed sentences: what is said without a model. The prompt-audio port has the same names. */
export const sentenceKeys = [
  'disclosure',
  'greeting',
  'ownerGreeting',
  'idlePrompt',
  'hold',
  'busy',
  'apology',
  'timeAlmostUp',
  'goodbye',
  'handOver',
  'leaveMessage',
  'connecting',
  'messageTaken',
] as const

/** The name of a fixed sentence. */
export type SentenceKey = (typeof sentenceKeys)[number]

// The disclosure is the first thing that anybody but the owner hears. It says three things: an AI speaks, for whom,
// and that a computer handles the call. It fits calls that come in and calls that we place, as does the goodbye.
// Whoever changes a sentence makes its clip anew: node bin/run.mjs bin/make-speech.mjs
const texts: Readonly<Record<SentenceLanguage, Readonly<Record<SentenceKey, string>>>> = {
  en: {
    disclosure: 'Hello! This is a computer: an AI assistant, speaking for the owner of this number.',
    greeting: 'How can I help you?',
    ownerGreeting: 'Hello, Godfather. What can I do for you?',
    idlePrompt: 'Are you still there?',
    hold: 'One moment, please.',
    busy: 'All lines are busy right now. Please call again in a few minutes. Goodbye.',
    apology: 'I am sorry, I have a technical problem and cannot continue this call. Please call again later.',
    timeAlmostUp: 'Our time on this call is almost up.',
    goodbye: 'Thank you. Goodbye!',
    handOver: 'I am sorry, I have a technical problem. Please stay on the line.',
    leaveMessage: 'Please leave a message after the tone, and hang up when you are done.',
    connecting: 'I will connect you with a person now.',
    messageTaken: 'Thank you. Your message will be passed on. Goodbye!',
  },
  es: {
    disclosure: '¡Hola! Le habla un ordenador: un asistente de IA, en nombre del titular de este número.',
    greeting: '¿En qué puedo ayudarle?',
    ownerGreeting: 'Hola, Padrino. ¿Qué puedo hacer por usted?',
    idlePrompt: '¿Sigue usted ahí?',
    hold: 'Un momento, por favor.',
    busy: 'En este momento todas las líneas están ocupadas. Por favor, vuelva a llamar en unos minutos. Adiós.',
    apology:
      'Lo siento, tengo un problema técnico y no puedo continuar esta llamada. Por favor, inténtelo de nuevo más tarde.',
    timeAlmostUp: 'El tiempo de esta llamada está a punto de terminar.',
    goodbye: 'Muchas gracias. ¡Adiós!',
    handOver: 'Lo siento, tengo un problema técnico. Por favor, no cuelgue.',
    leaveMessage: 'Por favor, deje un mensaje después de la señal y cuelgue cuando haya terminado.',
    connecting: 'Ahora le comunico con una persona.',
    messageTaken: 'Gracias. Su mensaje será transmitido. ¡Adiós!',
  },
  de: {
    disclosure:
      'Guten Tag! Hier spricht ein Computer: ein KI-Assistent im Auftrag des Inhabers dieser Nummer.',
    greeting: 'Wie kann ich Ihnen helfen?',
    ownerGreeting: 'Guten Tag, Pate. Was kann ich für Sie tun?',
    idlePrompt: 'Sind Sie noch da?',
    hold: 'Einen Moment, bitte.',
    busy: 'Im Augenblick sind alle Leitungen belegt. Bitte rufen Sie in ein paar Minuten noch einmal an. Auf Wiederhören.',
    apology:
      'Es tut mir leid, ich habe eine technische Störung und kann dieses Gespräch nicht fortsetzen. Bitte rufen Sie später noch einmal an.',
    timeAlmostUp: 'Unsere Gesprächszeit ist gleich zu Ende.',
    goodbye: 'Vielen Dank. Auf Wiederhören!',
    handOver: 'Es tut mir leid, ich habe eine technische Störung. Bitte bleiben Sie am Apparat.',
    leaveMessage: 'Bitte sprechen Sie nach dem Ton eine Nachricht und legen Sie danach auf.',
    connecting: 'Ich verbinde Sie jetzt mit einem Menschen.',
    messageTaken: 'Vielen Dank. Ihre Nachricht wird weitergegeben. Auf Wiederhören!',
  },
}

/**
 * The language whose fixed sentences a language tag gets, or undefined when there are none.
 * @param language a tag such as `es`, `es-MX` or `ES`: only its first part counts
 */
export function sentenceLanguage(language: string): SentenceLanguage | undefined {
  const primary = language.split(/[-_]/, 1)[0]?.toLowerCase()
  return sentenceLanguages.find((known) => known === primary)
}

/**
 * The words of a fixed sentence.
 * @param language a language tag; one without sentences gets English, since a foreign sentence beats silence
 */
export function sentenceText(key: SentenceKey, language: string): string {
  return texts[sentenceLanguage(language) ?? 'en'][key]
}
