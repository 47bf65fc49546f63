import type { IncomingMessage, ServerResponse } from 'node:http'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { doctorWorld, secrets, startAnswering } from '../app/support/doctor-world.ts'
import { type Outcome, startScript, temporaryHome } from '../support/server-process.ts'

function doctor(home: string, env: Readonly<Record<string, string>>, ...args: string[]): Promise<Outcome> {
  return startScript({ script: 'cli/doctor.ts', home, env, args }).outcome
}

type Printed = {
  readonly mode: string | null
  readonly missing: readonly string[]
  readonly exitCode: number
  readonly checks: readonly {
    readonly check: string
    readonly kind: string
    readonly fix?: { name: string }
  }[]
}

function printed(outcome: Outcome): Printed {
  return JSON.parse(outcome.stdout) as Printed
}

/** Whatever is shown of this answer shows a secret: it sends back all that it was sent, in every field. */
function echo(status: number) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const sent = `${request.headers.authorization} ${JSON.stringify(request.headers)} stranger`
    const url = `https://stranger:stranger@127.0.0.1/stranger?${encodeURIComponent(sent)}`
    const body = {
      code: sent,
      message: sent,
      more_info: sent,
      detail: sent,
      title: sent,
      id: sent,
      type: sent,
      status: sent,
      shutdown_date: sent,
      error: { message: sent, code: sent, type: sent, param: sent },
      incoming_phone_numbers: [
        {
          phone_number: '+14155550100',
          voice_url: url,
          voice_method: sent,
          status_callback: url,
          trunk_sid: sent,
        },
      ],
    }
    response.writeHead(status, { 'content-type': 'application/json', location: url, date: sent.slice(0, 40) })
    response.end(JSON.stringify(body))
  }
}

describe.concurrent('npm run doctor', { timeout: 40_000 }, () => {
  it('with nothing set ends with 0, one line for each check', async () => {
    using home = temporaryHome()
    const outcome = await doctor(home.path, {})
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout).toMatch(/^ok +Node +26\./)
    expect(outcome.stdout).toMatch(/^skipped +Twilio account +a rehearsal plays Twilio itself$/m)
    expect(outcome.stdout).toMatch(/\n0 broken, 0 to watch, \d not tried\. Nothing is broken\.\n$/)
  })

  it('in a world in order ends with 0 and says so', async () => {
    await using world = await doctorWorld()
    const outcome = await doctor(world.folder, world.env)
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(outcome.stdout.split('\n').filter((line) => !line.startsWith('ok '))).toEqual([
      '',
      'Everything is in order.',
      '',
    ])
  })

  it('names the one fix below what is broken, and ends with 1', async () => {
    const number = { voiceUrl: 'https://demo.twilio.com/welcome/voice/' }
    await using world = await doctorWorld({ number: (rightly) => ({ ...rightly, ...number }) })
    const { code, stdout } = await doctor(world.folder, world.env)
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^BROKEN +Twilio number +the voice webhook of \+1…0100 leads to demo\.twilio\.com$/m,
    )
    expect(stdout.match(/Fix:.*/g)).toEqual([
      `Fix: For +1…0100, set "A call comes in" to Webhook, ${world.env['PUBLIC_URL']}/twilio/voice, HTTP POST [setVoiceWebhook]`,
    ])
    expect(stdout).toMatch(/\n1 broken, 0 to watch, 0 not tried\.\n$/)
  })

  it('--json prints one object for programs', async () => {
    await using world = await doctorWorld({ twilio: { account: { type: 'Trial' } } })
    const outcome = await doctor(world.folder, world.env, '--json')
    const { checks, ...rest } = printed(outcome)
    expect({ ...rest, code: outcome.code }).toEqual({ mode: 'live', missing: [], exitCode: 0, code: 0 })
    expect(checks.flatMap(({ check, kind, fix }) => (fix ? [[check, kind, fix.name]] : []))).toEqual([
      ['twilioAccount', 'warning', 'upgradeAccount'],
    ])
  })

  it('names a host that DNS does not know', async () => {
    // A label of more than 63 letters is no name that any resolver would ask for.
    const env = { PUBLIC_URL: `https://${'a'.repeat(64)}.example.org` }
    await using world = await doctorWorld({ env, publicUrl: () => env.PUBLIC_URL })
    const outcome = await doctor(world.folder, world.env, '--json')
    expect(printed(outcome).checks.filter(({ fix }) => fix)).toEqual([
      expect.objectContaining({
        check: 'publicUrl',
        fix: expect.objectContaining({ name: 'resolveHost' }) as unknown,
      }),
    ])
    expect(outcome.code).toBe(1)
  })

  it('with wrong settings in .env ends with 78', async () => {
    using home = temporaryHome()
    writeFileSync(join(home.path, '.env'), 'PORT=70000\nTWILIO_AUTH_TOKEN=\n', { mode: 0o600 })
    const { code, stdout } = await startScript({
      script: 'cli/doctor.ts',
      home: home.path,
      env: { PORT: '70000' },
    }).outcome
    expect(code).toBe(78)
    expect(stdout.match(/\[correctSetting\]/g)).toHaveLength(2)
    expect(stdout).not.toContain('70000')
  })

  it('answers a wrong command line with 64 and its usage', async () => {
    using home = temporaryHome()
    expect(await doctor(home.path, {}, '--loud')).toEqual({
      code: 64,
      stdout: '',
      stderr: "Unknown option '--loud'\nUsage: npm run doctor [-- --json]\n",
    })
  })
})

describe.concurrent('the output of npm run doctor', { timeout: 40_000 }, () => {
  const pinHash = 'scrypt$16384$8$1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo'
  const keyHash = 'c7'.repeat(32)
  const planted = {
    GODFATHER_PIN_HASH: pinHash,
    API_KEYS: JSON.stringify([{ name: 'ops', scopes: ['read'], sha256: keyHash }]),
    OPENAI_ORG_ID: 'org-Vb3nQx',
  }
  const basic = Buffer.from(`${secrets.accountSid}:${secrets.authToken}`).toString('base64')
  const hidden = [...Object.values(secrets), basic, pinHash, keyHash, 'org-Vb3nQx', 'stranger', '5550100']

  it.each([200, 302, 400, 401, 403, 404, 429, 500])(
    'shows no secret where everybody answers %i and sends back what it was sent',
    async (status) => {
      await using world = await doctorWorld({ env: planted, isStopped: true })
      await using echoing = await startAnswering(echo(status))
      const env = {
        ...world.env,
        PUBLIC_URL: echoing.origin,
        TWILIO_API_BASE_URL: echoing.origin,
        OPENAI_BASE_URL: `${echoing.origin}/v1`,
        OPENAI_REALTIME_API_URL: `${echoing.origin.replace('http', 'ws')}/v1/realtime`,
      }
      const outcomes = [await doctor(world.folder, env), await doctor(world.folder, env, '--json')]
      for (const { code, stdout, stderr } of outcomes) {
        expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
        expect(hidden.filter((secret) => stdout.includes(secret))).toEqual([])
        expect(stdout).toMatch(/broken/)
      }
    },
  )

  it('shows no secret that was pasted into a setting that is shown', async () => {
    const { apiKey, authToken } = secrets
    await using world = await doctorWorld()
    const env = { ...world.env, OPENAI_REALTIME_MODEL: apiKey, DATA_DIR: `${world.folder}/${authToken}` }
    const outcomes = [
      await doctor(world.folder, env),
      await doctor(world.folder, { ...env, HOST: authToken }, '--json'),
    ]
    for (const { code, stdout, stderr } of outcomes) {
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
      expect(stdout).toContain('OPENAI_REALTIME_MODEL: sk-… is not there')
      expect([apiKey, authToken].filter((secret) => stdout.includes(secret))).toEqual([])
    }
  })

  it('shows no secret that stands in the wrong place', async () => {
    using home = temporaryHome()
    const { apiKey, authToken } = secrets
    const env = {
      PUBLIC_URL: `https://ann:${authToken}@agent.example.org/?token=${authToken}`,
      OPENAI_BASE_URL: `https://${apiKey}@api.example.org/v1`,
      OPENAI_REALTIME_MODEL: `${apiKey} `,
      TWILIO_ACCOUNT_SID: authToken,
      TWILIO_PHONE_NUMBER: authToken,
      API_KEYS: apiKey,
      LOG_LEVEL: authToken,
    }
    const { code, stdout, stderr } = await doctor(home.path, env)
    expect({ code, stderr }).toEqual({ code: 78, stderr: '' })
    expect(stdout.match(/\[correctSetting\]/g)?.length).toBeGreaterThan(6)
    expect([apiKey, authToken].filter((secret) => stdout.includes(secret))).toEqual([])
  })
})
