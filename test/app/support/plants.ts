import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { diagnose, type Diagnosis, type DoctorOptions } from '../../../src/app/doctor.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { CheckName, FixName } from '../../../src/ports/check.ts'
import { type DoctorWorld, doctorWorld, type DoctorWorldOptions, startAnswering } from './doctor-world.ts'

/** One thing that is broken in a world that is otherwise right, and which check has to see it. */
export type Plant = {
  readonly check: CheckName
  readonly kind?: 'warning'
  readonly exitCode?: 78
  readonly world?: DoctorWorldOptions
  /** What doctor is given, or finds on disk and on the network, instead. */
  readonly before?: (world: DoctorWorld, cleanup: AsyncDisposableStack) => Promise<Given> | Given
}
type Given = Partial<Omit<DoctorOptions, 'env'>> & { readonly env?: Readonly<Record<string, string>> }

const later = 'https://www.example.org/elsewhere?token=abc'

/** A database of the given making in a folder of its own. */
function databaseIn(folder: string, make: (path: string) => void): Given {
  const dataDir = join(folder, 'other')
  mkdirSync(dataDir, { mode: 0o700 })
  make(join(dataDir, 'consigliere.db'))
  return { env: { DATA_DIR: dataDir } }
}

/**
 * Every fix but three: `allowPort` needs a user who is not root (test/http/check-port.test.ts), `resolveHost` a name
 * outside loopback, which only a process of its own may ask for (test/cli/doctor.test.ts), and `mendResolver` a machine
 * without a network (the tests of each judge).
 */
export const plants: Readonly<Record<Exclude<FixName, 'allowPort' | 'resolveHost' | 'mendResolver'>, Plant>> =
  {
    installNode: { check: 'node', before: () => ({ neededNodeMajor: 99 }) },
    installLibatomic: {
      check: 'libatomic',
      kind: 'warning',
      before: ({ folder }) => {
        const bundledNode = join(folder, 'node')
        const text =
          'node: error while loading shared libraries: libatomic.so.1: cannot open shared object file'
        writeFileSync(bundledNode, `#!/bin/sh\necho "${text}" >&2\nexit 127\n`, { mode: 0o755 })
        return { bundledNode, platform: 'linux' }
      },
    },
    makeEnvReadable: { check: 'settings', before: ({ folder }) => ({ envFile: folder }) },
    correctSetting: {
      check: 'settings',
      exitCode: 78,
      before: () => ({ env: { TWILIO_AUTH_TOKEN: 'changeme' } }),
    },
    setClock: {
      check: 'clock',
      before: () => ({ clock: { ...systemClock, wallMs: () => systemClock.wallMs() - 60_000 } }),
    },
    mendTimer: { check: 'clock', before: () => ({ clock: { ...systemClock, nowMs: () => 7 } }) },
    protectFile: {
      check: 'disk',
      before: ({ folder }) => {
        const envFile = join(folder, '.env')
        writeFileSync(envFile, '')
        chmodSync(envFile, 0o640)
        return { envFile }
      },
    },
    giveDataDir: {
      check: 'disk',
      before: ({ folder }) => {
        writeFileSync(join(folder, 'file'), '')
        return { env: { DATA_DIR: join(folder, 'file/data') } }
      },
    },
    freeDisk: { check: 'disk', before: () => ({ minFreeBytes: Number.MAX_SAFE_INTEGER }) },
    runAsOwner: { check: 'disk', kind: 'warning', before: () => ({ uid: 4242 }) },
    freePort: {
      check: 'port',
      world: { isStopped: true },
      before: async ({ port }, cleanup) => {
        cleanup.use(await startAnswering((_request, response) => response.writeHead(404).end('{}'), port))
        return {}
      },
    },
    chooseHost: { check: 'port', before: () => ({ env: { HOST: '192.0.2.1' }, networkDeadlineMs: 1_500 }) },
    openDatabase: {
      check: 'database',
      before: ({ folder }) => databaseIn(folder, (path) => mkdirSync(path, { mode: 0o700 })),
    },
    reachDatabase: {
      check: 'database',
      before: () => ({ env: { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/db' } }),
    },
    restoreBackup: {
      check: 'database',
      before: ({ folder }) =>
        databaseIn(folder, (path) => writeFileSync(path, 'no database '.repeat(1_000), { mode: 0o600 })),
    },
    updateProgram: {
      check: 'database',
      before: ({ folder }) =>
        databaseIn(folder, (path) => {
          writeFileSync(path, '', { mode: 0o600 })
          using database = new DatabaseSync(path)
          database.exec(
            "create table kysely_migration (name text); insert into kysely_migration values ('9999-x')",
          )
        }),
    },
    openHttps: {
      check: 'publicUrl',
      world: { publicUrl: () => 'http://127.0.0.1:1' },
    },
    mendCertificate: {
      check: 'publicUrl',
      world: { publicUrl: (origin) => origin.replace('http', 'https') },
    },
    startServer: { check: 'publicUrl', kind: 'warning', world: { isStopped: true } },
    restartServer: {
      check: 'publicUrl',
      world: { twilio: { authToken: 'ab'.repeat(16) }, doctorEnv: { TWILIO_AUTH_TOKEN: 'ab'.repeat(16) } },
    },
    pointProxy: {
      check: 'publicUrl',
      world: { proxy: { onRequest: (_request, response) => Boolean(response.writeHead(502).end()) } },
    },
    passRequests: {
      check: 'publicUrl',
      world: {
        proxy: {
          onRequest: ({ headers }) => {
            Reflect.deleteProperty(headers, 'x-twilio-signature')
            return false
          },
        },
      },
    },
    passUpgrade: { check: 'publicUrl', world: { proxy: { dropsUpgrades: true } } },
    nameFinalHost: {
      check: 'publicUrl',
      world: {
        proxy: {
          onRequest: (_request, response) => Boolean(response.writeHead(308, { location: later }).end()),
        },
      },
    },
    reachTwilio: {
      check: 'twilioAccount',
      before: () => ({ env: { TWILIO_API_BASE_URL: 'http://127.0.0.1:1' } }),
    },
    correctTwilioKey: { check: 'twilioAccount', world: { env: { TWILIO_AUTH_TOKEN: 'ab'.repeat(16) } } },
    activateAccount: { check: 'twilioAccount', world: { twilio: { account: { status: 'suspended' } } } },
    upgradeAccount: {
      check: 'twilioAccount',
      kind: 'warning',
      world: { twilio: { account: { type: 'Trial' } } },
    },
    ownNumber: { check: 'twilioNumber', world: { env: { TWILIO_PHONE_NUMBER: '+14155550199' } } },
    enableVoice: {
      check: 'twilioNumber',
      world: { number: (number) => ({ ...number, shown: { canSpeak: false } }) },
    },
    routeCalls: {
      check: 'twilioNumber',
      world: { number: (number) => ({ ...number, shown: { voiceApplicationSid: `AP${'0'.repeat(32)}` } }) },
    },
    setVoiceWebhook: {
      check: 'twilioNumber',
      world: { number: (number) => ({ ...number, voiceUrl: 'https://demo.twilio.com/welcome/voice/' }) },
    },
    setStatusCallback: {
      check: 'twilioNumber',
      world: { number: ({ statusCallback: _, ...number }) => number },
    },
    setFallback: {
      check: 'twilioNumber',
      world: { number: (number) => ({ ...number, voiceFallbackUrl: number.voiceUrl }) },
    },
    reachOpenai: {
      check: 'openaiModels',
      before: () => ({
        env: {
          OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
          OPENAI_REALTIME_API_URL: 'ws://127.0.0.1:1/v1/realtime',
        },
      }),
    },
    correctOpenaiKey: {
      check: 'openaiModels',
      before: () => ({ env: { OPENAI_API_KEY: 'sk-proj-9fKq2LmZ7' } }),
    },
    payOpenai: { check: 'openaiRealtime', world: { openai: refusing('429', 'insufficient_quota') } },
    chooseModel: {
      check: 'openaiModels',
      before: () => ({ env: { OPENAI_REALTIME_MODEL: 'gpt-4o-realtime-preview' } }),
    },
    openRealtime: { check: 'openaiRealtime', world: { openai: refusing('403', 'no_access') } },
    reportFault: {
      check: 'clock',
      before: () => ({
        clock: {
          ...systemClock,
          wallMs: () => {
            throw new RangeError('sk-proj-Zq7WvLm29fKxRt41')
          },
        },
      }),
    },
  }

function refusing(status: '403' | '429', code: string): NonNullable<DoctorWorldOptions['openai']> {
  const faults = [{ kind: 'refuseHandshake', status, code }] as const
  return { scriptFor: () => ({ hears: [], replies: [], faults: [...faults] }) }
}

/** What doctor finds in a world with one thing broken. */
export async function diagnosePlanted(plant: Plant): Promise<Diagnosis> {
  await using world = await doctorWorld(plant.world)
  await using cleanup = new AsyncDisposableStack()
  const { env, ...given } = (await plant.before?.(world, cleanup)) ?? {}
  const envFile = join(world.folder, 'none.env')
  return await diagnose({ envFile, ...given, env: { ...world.env, ...env } })
}
