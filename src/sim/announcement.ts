import type { World } from './world.ts'

/** What the terminal is told of a rehearsal that waits for calls; the invented values are shown here and nowhere else. */
export async function announcementOf(rehearsal: {
  readonly origin: string
  readonly world: World
  readonly apiKey: string | undefined
  readonly pin: string | undefined
}): Promise<readonly string[]> {
  const { origin, world, apiKey, pin } = rehearsal
  const scenarios = await world.scenarios()
  return [
    `Rehearsal at ${origin}: no key is set, so Twilio and OpenAI are played on this machine.`,
    ...Object.entries(world.env).map(([name, value]) => `  ${name}=${value}`),
    ...(apiKey === undefined ? [] : [`  API key with all scopes: ${apiKey}`]),
    ...(pin === undefined ? [] : [`  PIN of the owner: ${pin}`]),
    'Ring it from a second terminal:',
    ...scenarios.map(({ name, about }) => `  npm run call -- --scenario ${name.padEnd(22)} ${about}`),
    '  npm run call -- --wav FILE                      Plays your recording and listens to the reply.',
    'Ctrl-C ends it.',
  ]
}
