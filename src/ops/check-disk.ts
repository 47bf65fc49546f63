import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { access, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Finding, Fix } from '../ports/check.ts'

/** What is looked at on disk. */
export type DiskQuestion = {
  readonly dataDir: string
  /** Files that only their owner may read; those that do not exist are passed over. */
  readonly privateFiles: readonly string[]
  readonly minFreeBytes: number
  /** User id of the process; undefined where the system has none, and files no permission bits. */
  readonly uid: number | undefined
  /** User id to which the folder has to belong; undefined where anybody's will do. */
  readonly owner: number | undefined
}

const MEBIBYTE = 1024 * 1024
const PROBE_BYTES = 4096

/** Whether the server can keep its records here, whether there is room, and whether what is private is so. */
export async function checkDisk(question: DiskQuestion): Promise<readonly Finding[]> {
  const { dataDir, uid } = question
  const exposed = uid === undefined ? [] : await exposedFiles(question.privateFiles)
  return [...exposed, ...(await checkFolder(resolve(dataDir), question))]
}

async function exposedFiles(files: readonly string[]): Promise<readonly Finding[]> {
  const looked = files.map(async (file): Promise<Finding | undefined> => {
    const stats = await statOf(file)
    if (!stats || (stats.mode & 0o077) === 0) return undefined
    return {
      kind: 'broken',
      says: `${file} can be read by other users of this machine`,
      fix: { name: 'protectFile', does: `Let only its owner read it: chmod 600 ${file}` },
    }
  })
  return (await Promise.all(looked)).filter((finding) => finding !== undefined)
}

async function checkFolder(folder: string, question: DiskQuestion): Promise<readonly Finding[]> {
  const existing = await nearestExisting(folder)
  const failure = existing.path === folder ? await writeFailure(folder) : await makeFailure(existing)
  if (failure === 'ENOSPC' || failure === 'EDQUOT') return [full(folder, question.minFreeBytes)]
  if (failure !== undefined) {
    const does = `Give ${folder} to the user that runs the server, or set DATA_DIR to a folder that is its own`
    return [
      {
        kind: 'broken',
        says: `${folder} cannot be used to write in: ${failure}`,
        fix: { name: 'giveDataDir', does },
      },
    ]
  }
  const { bavail, bsize } = await statfs(existing.path)
  const freeBytes = bavail * bsize
  if (freeBytes < question.minFreeBytes) return [full(folder, question.minFreeBytes)]
  const { uid } = existing.stats
  if (existing.path === folder && question.owner !== undefined && uid !== question.owner) {
    return [
      {
        kind: 'warning',
        says: `${folder} belongs to user ${uid}, doctor runs as user ${question.owner}: what one may write the other may not`,
        fix: { name: 'runAsOwner', does: `Run doctor, like the server, as user ${uid}` },
      },
    ]
  }
  const state = existing.path === folder ? 'can be written' : `will be made in ${existing.path}`
  return [{ kind: 'fine', says: `${folder} ${state}, ${Math.floor(freeBytes / MEBIBYTE)} MiB are free` }]
}

function full(folder: string, minFreeBytes: number): Finding {
  const least = `${Math.ceil(minFreeBytes / MEBIBYTE)} MiB`
  const fix: Fix = {
    name: 'freeDisk',
    does: `Free at least ${least} there, or set DATA_DIR to a folder on another disk`,
  }
  return { kind: 'broken', says: `the disk of ${folder} has less than ${least} free`, fix }
}

type Existing = { readonly path: string; readonly stats: Stats }

/** The folder itself, or the nearest one above it that is there. The root always is. */
async function nearestExisting(folder: string): Promise<Existing> {
  for (let path = folder; ; path = dirname(path)) {
    const stats = await statOf(path)
    if (stats) return { path, stats }
  }
}

/** Only a file that was written shows that one can be: permissions say nothing of quotas and read-only disks. */
async function writeFailure(folder: string): Promise<string | undefined> {
  const file = resolve(folder, `.doctor-${randomBytes(8).toString('hex')}`)
  try {
    await writeFile(file, Buffer.alloc(PROBE_BYTES), { flag: 'wx', mode: 0o600 })
    return undefined
  } catch (error) {
    return codeOf(error)
  } finally {
    await rm(file, { force: true }).catch(() => undefined)
  }
}

async function makeFailure({ path, stats }: Existing): Promise<string | undefined> {
  if (!stats.isDirectory()) return 'ENOTDIR'
  try {
    await access(path, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch {
    return undefined
  }
}

/** A code of the file system; its message would repeat the path. */
function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown'
}
