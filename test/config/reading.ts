import { ConfigError } from '../../src/config/config-error.ts'
import type { Environment } from '../../src/config/field.ts'
import { readConfig } from '../../src/config/read-config.ts'

/** 32 hexadecimal digits, as a Twilio token has them. */
export const token = '0123456789abcdef0123456789abcdef'

/** Everything a live server needs. */
export const live: Environment = {
  OPENAI_API_KEY: 'sk-proj-9fKq2LmZ7',
  TWILIO_ACCOUNT_SID: `AC${token}`,
  TWILIO_AUTH_TOKEN: token,
  TWILIO_PHONE_NUMBER: '+14155550100,+442079460100',
  PUBLIC_URL: 'https://agent.example.org',
}

/** The well-formed hash of a PIN that nobody has. */
export const pinHash = 'scrypt$16384$8$1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo'

/** Reads the settings where there is no owner file. */
export function read(env: Environment) {
  return readConfig(env, { readFile: () => undefined })
}

/** The error that reading ends in, or undefined when nothing is wrong. */
export function refusalOf(
  env: Environment,
  options?: Parameters<typeof readConfig>[1],
): ConfigError | undefined {
  try {
    readConfig(env, options ?? { readFile: () => undefined })
    return undefined
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** The names of the settings that are wrong. */
export function wrongNames(env: Environment, options?: Parameters<typeof readConfig>[1]): string[] {
  return (refusalOf(env, options)?.problems ?? []).map(({ name }) => name)
}
