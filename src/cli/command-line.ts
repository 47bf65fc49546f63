import { type StartFailure, startFailure } from '../config/start-failure.ts'

/** Exit codes of sysexits.h: what a command says of why it could not do its work. */
export const exitCode = { usage: 64, badInput: 65, noInput: 66, unavailable: 69 } as const

/** Runs a command; a wrong command line gets its usage, and what people can mend a sentence, and no stack trace. */
export async function runCommand(usage: string, command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command()
  } catch (error) {
    const failure = isParseArgsError(error) ? wrongUse(error, usage) : startFailure(error)
    if (!failure) throw error
    process.exitCode = fail(failure.sentence, failure.exitCode)
  }
}

/** Says one sentence on standard error and answers with the exit code. */
export function fail(sentence: string, code: number): number {
  console.error(sentence)
  return code
}

function wrongUse(error: Error, usage: string): StartFailure {
  // Advice for programmers follows the first sentence.
  const [sentence = ''] = error.message.split('. ')
  return { sentence: `${sentence}\n${usage}`, exitCode: exitCode.usage }
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
