import { describe, expect, it } from 'vitest'
import { startScript, temporaryHome } from '../support/server-process.ts'

const usage = 'Usage: npm run soak [-- --only NAME] [--seed N] [--count N]\n'

describe('npm run soak', { timeout: 20_000 }, () => {
  it.each([
    [['--wrong'], `Unknown option '--wrong'\n${usage}`],
    [['--count', '0'], usage],
    [['--seed', 'seven'], usage],
    [['--only', 'nothing'], expect.stringMatching(/^Cannot run drill nothing: there are .*\n$/) as unknown],
  ])('says of %j what is wrong with it, without a stack', async (args, stderr) => {
    using home = temporaryHome()
    await using script = startScript({ script: 'cli/soak.ts', home: home.path, args })
    expect(await script.outcome).toEqual({ code: 64, stdout: '', stderr })
  })

  it('prints one line of JSON for a drill', async () => {
    using home = temporaryHome()
    const args = ['--only', 'consent', '--seed', '7', '--count', '100']
    await using script = startScript({ script: 'cli/soak.ts', home: home.path, args })
    const { code, stdout } = await script.outcome
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
      code: 0,
      drill: 'consent',
      seed: 7,
      count: 100,
      falseYes: 0,
      ok: true,
    })
  })
})
