import { randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto'

/** A text that is no scrypt hash, or one that would cost too much to check. */
export class ScryptHashError extends Error {
  readonly code = 'SCRYPT_HASH'
}

type ScryptHash = {
  readonly options: { readonly N: number; readonly r: number; readonly p: number; readonly maxmem: number }
  readonly salt: Buffer
  readonly hash: Buffer
}

/** RFC 7914 §2: scrypt needs 128·N·r bytes; more than this is refused, as in the settings. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024
const FORM = /^scrypt\$([0-9]{1,7})\$([0-9]{1,2})\$([0-9]{1,2})\$([\w-]{11,128})\$([\w-]{22,128})$/

/**
 * Whether a secret is the one that was hashed. The comparison takes the same time wherever the two differ; the work is
 * done on a thread of the pool, so that a call's audio goes on.
 * @param stored `scrypt$N$r$p$salt$hash`, salt and hash in base64url
 * @throws ScryptHashError when `stored` has another form
 */
export async function matchesScryptHash(secret: string, stored: string): Promise<boolean> {
  const { options, salt, hash } = parse(stored)
  const derived = await derive(secret, { salt, options, bytes: hash.length })
  return timingSafeEqual(derived, hash)
}

/**
 * Hashes a secret with a new salt, 32 bytes long; takes a while, so that it is for commands and the start.
 * @param cost `usual` is N 16384, r 8, p 1; `quick`, N 1024, r 1, is for what guards nothing
 */
export function scryptHash(secret: string, cost: 'usual' | 'quick' = 'usual'): string {
  const salt = randomBytes(16)
  const { N, r, p } = cost === 'usual' ? { N: 16_384, r: 8, p: 1 } : { N: 1_024, r: 1, p: 1 }
  const hash = scryptSync(secret, salt, 32, { N, r, p, maxmem: MAX_MEMORY_BYTES })
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

function parse(stored: string): ScryptHash {
  const [, cost, blockSize, parallelism, salt, hash] = FORM.exec(stored) ?? []
  // Not the value: it may be searched for the secret by trying all of them.
  if (salt === undefined || hash === undefined)
    throw new ScryptHashError('Cannot read scrypt hash: wrong form')
  const [N, r, p] = [Number(cost), Number(blockSize), Number(parallelism)]
  if (N < 2 || !Number.isInteger(Math.log2(N)) || r < 1 || p < 1)
    throw new ScryptHashError(`Cannot use scrypt hash: N ${N}, r ${r}, p ${p} are no parameters`)
  const neededBytes = 128 * N * r
  if (neededBytes > MAX_MEMORY_BYTES)
    throw new ScryptHashError(`Cannot use scrypt hash: it needs ${neededBytes} bytes of memory`)
  return {
    // OpenSSL counts the blocks that are mixed beside the table.
    options: { N, r, p, maxmem: neededBytes + 128 * r * (p + 4) },
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  }
}

async function derive(
  secret: string,
  work: Pick<ScryptHash, 'salt' | 'options'> & { readonly bytes: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, work.salt, work.bytes, work.options, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}
