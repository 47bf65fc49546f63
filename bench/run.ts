/**
 * Measures what a frame, a call and its records cost: npm run bench, with --json for machines. Ratios within one run are
 * the result; the bars beside them come from docs/adr/0003-audio-kernel.md and docs/performance.md.
 *
 *   --only audio | bridge | storage   one of the parts; storage is measured only when asked for
 *   --database URL          a PostgreSQL to be measured beside SQLite, in a schema of its own
 *   --calls 40              one number of calls at a time instead of four
 *   --rounds 3 --seconds 6  how often and how long the bridge is measured; fewer than 40 calls for longer
 *   --cores-apart           keeps the load and our server on a core each (Linux, taskset)
 *   --beside FOLDER         compares our server with the one of another checkout, both at the same time
 *   --profile FOLDER        writes a CPU profile of our server there, which costs it something itself
 *   --flags "--a --b"       options of Node for our server
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { audioSections } from './audio.ts'
import { besideTable, measureBeside } from './bridge/beside.ts'
import { bridgeFaults, bridgeFigures, bridgeTable } from './bridge/bridge-report.ts'
import { measureBridge } from './bridge/bridge.ts'
import { toTable } from './report.ts'
import { measureStorage, storageTable } from './storage.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    calls: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    profile: { type: 'string' },
    flags: { type: 'string', default: '' },
    beside: { type: 'string' },
    'cores-apart': { type: 'boolean', default: false },
    database: { type: 'string' },
  },
})

if (values.only === 'storage') {
  const storage = await measureStorage(values.database)
  console.log(values.json ? JSON.stringify({ storage }, null, 2) : storageTable(storage))
} else if (values.beside !== undefined) {
  const windows = await measureBeside({
    checkout: resolve(values.beside),
    calls: Number(values.calls ?? 10),
    windows: Number(values.rounds),
    windowMs: Number(values.seconds) * 1_000,
  })
  console.log(values.json ? JSON.stringify({ beside: windows }, null, 2) : besideTable(windows))
} else {
  await measureSound()
}

async function measureSound(): Promise<void> {
  const sections = values.only === 'bridge' ? [] : audioSections()
  if (!values.json) console.log(toTable(sections))
  const results = values.only === 'audio' ? [] : await bridgeResults()
  const figures = bridgeFigures(results)
  const faults = bridgeFaults(results)
  if (values.json) console.log(JSON.stringify({ sections, bridge: { figures, faults } }, null, 2))
  else console.log([bridgeTable(figures), ...faults].join('\n'))
}

async function bridgeResults(): ReturnType<typeof measureBridge> {
  if (process.platform !== 'linux') {
    process.stderr.write('The bridge is measured on Linux only: what a process used is read from /proc\n')
    return []
  }
  return measureBridge({
    sizes: values.calls === undefined ? [10, 40, 200, 400] : values.calls.split(',').map(Number),
    rounds: Number(values.rounds),
    windowMs: Number(values.seconds) * 1_000,
    coresApart: values['cores-apart'],
    nodeFlags: [
      ...values.flags.split(' ').filter((flag) => flag !== ''),
      ...(values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(values.profile)}`]),
    ],
    onProgress: (text) => process.stderr.isTTY && process.stderr.write(`\r${text.padEnd(60)}\r`),
  })
}
