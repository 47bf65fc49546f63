import type { ModelScript } from '../../src/sim/openai/model-script.ts'
import { type Scenario, type ScenarioInput, scenarioFrom } from '../../src/sim/scenario.ts'
import { addresses, cards, keyed, numbers, words } from './canary-list.ts'
import { asksForSms, hangsUp, hearsQuestion, owner, saysYes } from './errand.ts'

const yes = 'Yes, please do.'
const passed = 'TN-Validation-Passed-A'

const hearsReply = [
  { do: 'waitForReply', ms: 300 },
  { do: 'waitForQuiet', ms: 2_500 },
] as const
const hearsPrompt = [
  { do: 'waitForReply', ms: 2_000 },
  { do: 'waitForQuiet', ms: 800 },
] as const
const saysMore = { do: 'speak', clip: 'caller-find-blue-note', text: 'More.' } as const

type Call = Pick<ScenarioInput, 'phones' | 'web' | 'rest'> & {
  readonly name: string
  readonly call: { readonly from: string; readonly stirVerstat?: string }
  readonly steps: ScenarioInput['caller']['steps']
  readonly model: Pick<ModelScript, 'hears' | 'replies'> & Partial<ModelScript>
}

function callOf({ name, call, steps, model, ...more }: Call): Scenario {
  return scenarioFrom({
    name,
    about: 'Canaries are planted.',
    seed: 7,
    call,
    caller: { steps },
    model: { transcription: { when: 'before' }, ...model },
    ...more,
  })
}

/** The model wants to text somebody what nobody else is to read. */
const proposesText: ModelScript['replies'][number] = {
  preamble: `Not ${cards.said}? Let me see.`,
  calls: [
    {
      name: 'send_sms',
      arguments: {
        to_number: numbers.texted,
        body: `A ${words.text}: ${cards.inText}, call ${numbers.inText}.`,
      },
    },
  ],
}

/** The owner texts somebody and looks things up; then the model's session is lost, and another one is told of it all. */
export const lost = callOf({
  name: 'session-is-lost',
  call: { from: owner, stirVerstat: passed },
  steps: [
    ...asksForSms,
    ...hearsQuestion,
    saysYes,
    ...hearsReply,
    saysMore,
    ...hearsReply,
    saysMore,
    ...hearsReply,
    saysMore,
    ...hangsUp,
  ],
  model: {
    hears: [
      `Text them, ${words.caller}. My card is ${cards.spoken}, and my number ${numbers.spoken}.`,
      yes,
      `The other card is ${cards.spokenInWords}. Write to ${addresses.spoken}.`,
      `Or ${cards.spokenMixed}, ${words.more}.`,
    ],
    replies: [
      proposesText,
      { say: 'All right.' },
      { say: 'It is sent.' },
      {
        preamble: 'I look it up.',
        calls: [
          { name: 'web_research', arguments: { query: `Whose card is ${cards.inQuery}?` } },
          { name: 'find_contact', arguments: { name: 'Ada' } },
        ],
      },
      { say: 'That is what I found.' },
      {
        say: `Is it ${cards.saidWhenLost}? ${'I go on and on. '.repeat(12)}`,
        dropAfterMs: 4_000,
        closeCode: 1011,
        closeReason: `Closed by a ${words.closeReason} with ${cards.inCloseReason}`,
      },
      { say: 'Here I am again.' },
      { say: 'Goodbye.' },
    ],
  },
  web: [
    {
      asked: 'whose card',
      answer: `A ${words.webResult} has ${cards.inWebResult}.`,
      sources: [{ url: 'https://cards.example.org/list' }],
    },
  ],
})

/** The owner proves to be it by a PIN after a wrong one, and the network refuses the text message. */
export const withPin = callOf({
  name: 'pin',
  call: { from: owner, stirVerstat: 'TN-Validation-Passed-C' },
  steps: [
    ...asksForSms,
    ...hearsPrompt,
    { do: 'press', digits: `${keyed.wrongPin}#` },
    ...hearsPrompt,
    { do: 'press', digits: `${keyed.pin}#` },
    ...hearsQuestion,
    { do: 'press', digits: '1' },
    ...hangsUp,
  ],
  model: {
    hears: ['Please text them.'],
    replies: [
      {
        preamble: 'Let me see.',
        calls: [{ name: 'send_sms', arguments: { to_number: numbers.texted, body: 'Refuse this.' } }],
      },
      { say: 'All right.' },
      { say: 'That did not work.' },
    ],
  },
})

/** A stranger leaves a message, presses keys, and the model has errors whose texts nobody should pass on. */
export const stranger = callOf({
  name: 'stranger',
  call: { from: numbers.stranger },
  steps: [
    { do: 'waitForReply', ms: 500 },
    { do: 'waitForQuiet', ms: 1_500 },
    saysMore,
    ...hearsReply,
    { do: 'press', digits: keyed.digits },
    saysMore,
    ...hangsUp,
  ],
  model: {
    hears: ['I leave a message.', 'Goodbye.'],
    replies: [
      {
        say: 'One moment.',
        ends: 'failed',
        endsAfterMs: 0,
        error: {
          type: 'server_error',
          code: 'server_error',
          message: `No ${words.inFailedReply} has ${cards.inFailedReply}`,
        },
      },
      {
        preamble: 'I note that.',
        calls: [
          { name: `pay_${cards.inToolName}`, arguments: {} },
          { name: 'take_message', arguments: `{"message": "no JSON ${cards.inBadArguments}` },
          {
            name: 'take_message',
            arguments: {
              message: `The ${words.message} paid with ${cards.inMessage}.`,
              caller_name: words.callerName,
              call_back: addresses.callBack,
            },
          },
        ],
      },
      { say: 'It is noted.' },
      { say: 'Goodbye.' },
    ],
    faults: [
      {
        kind: 'serverError',
        afterMs: 6_000,
        message: `Cannot go on with a ${words.inOpenAiError}, ${cards.inOpenAiError} of ${numbers.inOpenAiError}`,
      },
    ],
  },
})

/** The owner has somebody called, who speaks of a card, and puts a date into the calendar. */
export const errand = callOf({
  name: 'errand',
  call: { from: owner, stirVerstat: passed },
  steps: [
    ...asksForSms,
    ...hearsQuestion,
    saysYes,
    { do: 'pause', ms: 45_000 },
    saysMore,
    ...hearsQuestion,
    saysYes,
    ...hearsReply,
    saysMore,
    ...hangsUp,
  ],
  model: {
    hears: ['Please call them.', yes, 'And put it into my calendar.', yes, 'And look it up.'],
    replies: [
      {
        preamble: 'Let me see.',
        calls: [
          {
            name: 'make_call',
            arguments: {
              to_number: numbers.called,
              purpose: `Ask for the ${words.purpose} and pay with ${cards.inPurpose}`,
            },
          },
        ],
      },
      { say: 'I am calling them.' },
      { say: 'Their telephone rings.' },
      { say: 'They have told me.' },
      {
        preamble: 'Let me see.',
        calls: [
          {
            name: 'calendar_create_event',
            arguments: {
              title: `The ${words.title} brings ${cards.inTitle}`,
              start: '2026-12-01T10:00',
              end: '2026-12-01T11:00',
              time_zone: 'America/Los_Angeles',
            },
          },
        ],
      },
      { say: 'All right.' },
      { say: 'It is in your calendar.' },
      { preamble: 'I look.', calls: [{ name: 'web_research', arguments: { query: 'What fails?' } }] },
      { say: 'I cannot.' },
    ],
  },
  web: [{ asked: 'what fails', answer: '', refused: '500' }],
  phones: [
    {
      number: numbers.called,
      callee: {
        steps: [
          { do: 'waitForReply', ms: 500 },
          { do: 'waitForQuiet', ms: 1_200 },
          { do: 'speak', clip: 'caller-goodbye', text: 'Goodbye.' },
          { do: 'waitForEnd', withinMs: 20_000 },
        ],
      },
      model: {
        transcription: { when: 'before' },
        hears: [`No, the ${words.callee} has ${cards.byCallee}. Goodbye.`],
        replies: [
          { say: 'May I ask for something?', thinkMs: 200 },
          { preamble: 'Goodbye!', calls: [{ name: 'end_call', arguments: {} }], thinkMs: 200 },
        ],
      },
    },
  ],
})

/** A stranger is greeted and leaves. */
export const short = callOf({
  name: 'short',
  call: { from: numbers.stranger },
  steps: [{ do: 'waitForReply', ms: 500 }, { do: 'pause', ms: 2_000 }, { do: 'hangUp' }],
  model: { hears: [], replies: [] },
})

/** The owner texts somebody, and the network never answers; the call lives on without a server, and then with the next. */
export const dying = callOf({
  name: 'server-dies',
  call: { from: owner, stirVerstat: passed },
  steps: [
    ...asksForSms,
    ...hearsQuestion,
    saysYes,
    { do: 'waitForQuiet', ms: 3_000, withinMs: 60_000 },
    { do: 'waitForReply', ms: 500, withinMs: 60_000 },
    { do: 'waitForQuiet', ms: 1_200 },
    saysMore,
    ...hangsUp,
  ],
  model: {
    hears: [
      `Text them, ${words.more}. My card is ${cards.spoken}, and my number ${numbers.spoken}.`,
      yes,
      `The other card is ${cards.spokenInWords}, ${words.caller}.`,
    ],
    replies: [
      proposesText,
      { say: 'All right.' },
      { say: 'Excuse the break.' },
      { say: `Was it ${cards.saidWhenLost}?` },
      { say: 'Goodbye.' },
    ],
  },
  rest: [{ request: 'createMessage', answer: 'none' }],
})
