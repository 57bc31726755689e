// The Ethereum keystore V3 ("Web3 Secret Storage"): a private key encrypted with a passphrase, as geth and MetaMask keep it.

import { randomBytes } from 'node:crypto'
import type { Wallet } from '@ethereumjs/wallet'
import { z } from 'zod'
import { OperationError } from '../errors.ts'
import { parseHex } from '../protocol/bytes.ts'
import { type Address, addressOfKey, toAddress } from '../protocol/ids.ts'
import { publicKeyOf } from '../protocol/signature.ts'

/** Cost of a guess: scrypt's n for new files (r = 8, p = 1: 128 MiB and about half a second). geth's default is 262,144. */
export const SCRYPT_N = 131_072
/** Characters. Anyone who holds the file can guess offline, so what is shorter is refused. */
export const MIN_PASSPHRASE_LENGTH = 8
/** A real one has about 500 bytes. */
export const MAX_KEYSTORE_BYTES = 8_192

// What noble's scrypt allows itself: 1 GiB and one block.
const MAX_SCRYPT_MEMORY_BYTES = 2 ** 30 + 2 ** 10
// n × r × p: 16 times geth's default, several seconds.
const MAX_SCRYPT_WORK = 2 ** 25
const hex = (bytes?: number) =>
  z
    .string()
    .transform((text) => text.toLowerCase().replace(/^0x/, ''))
    .refine((text) => /^([0-9a-f]{2})+$/.test(text) && (bytes === undefined || text.length === 2 * bytes), {
      error: bytes === undefined ? 'expected hex bytes' : `expected ${bytes} bytes in hex`,
    })
const count = (max: number) => z.int().min(1).max(max)

const scryptParams = z
  .object({ n: count(2 ** 22), r: count(64), p: count(64), dklen: z.literal(32), salt: hex() })
  .refine(({ n }) => n > 1 && (n & (n - 1)) === 0, { error: 'expected n to be a power of two' })
  .refine(({ n, r, p }) => 128 * r * (n + p) <= MAX_SCRYPT_MEMORY_BYTES, {
    error: 'expected n and r that fit 1 GiB of memory',
  })
  .refine(({ n, r, p }) => n * r * p <= MAX_SCRYPT_WORK, {
    error: 'expected n, r and p that take seconds, not minutes',
  })
const pbkdf2Params = z.object({
  c: count(10_000_000),
  prf: z.literal('hmac-sha256'),
  dklen: z.literal(32),
  salt: hex(),
})
const cipher = {
  cipher: z.literal('aes-128-ctr'),
  cipherparams: z.object({ iv: hex(16) }),
  ciphertext: hex(32),
  mac: hex(32),
}
const keystoreSchema = z.object({
  version: z.literal(3),
  // Some programs write null or nothing here, which says nothing: the MAC decides what opens the file.
  id: z.string().max(64).nullish(),
  address: z.preprocess(
    (given) => (given === null || given === '' ? undefined : given),
    hex(20)
      .transform((digits) => toAddress(parseHex(digits)))
      .optional(),
  ),
  crypto: z.discriminatedUnion('kdf', [
    z.object({ ...cipher, kdf: z.literal('scrypt'), kdfparams: scryptParams }),
    z.object({ ...cipher, kdf: z.literal('pbkdf2'), kdfparams: pbkdf2Params }),
  ]),
})

/** What a keystore file says, checked: hex in lower case without `0x`, and a key derivation that this machine survives. */
export type Keystore = z.output<typeof keystoreSchema>

/** `file` names it in the error. Throws `OperationError('bad-keystore')` for whatever is not a V3 keystore. */
export function parseKeystore(text: string, file: string): Keystore {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\ufeff/, '')) // the byte order mark of an editor
  } catch (cause) {
    throw badKeystore(file, 'the text is not JSON', cause)
  }
  const parsed = keystoreSchema.safeParse(lowerCaseCrypto(json))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw badKeystore(file, `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'unknown'}`)
}

/** Throws `OperationError('weak-passphrase')`. */
export function checkPassphrase(passphrase: string): void {
  const length = [...passphrase].length
  if (length >= MIN_PASSPHRASE_LENGTH && new Set(passphrase).size > 1) return
  const came = length === 0 ? 'an empty one' : length < MIN_PASSPHRASE_LENGTH ? `${length}` : 'one character repeated'
  throw new OperationError(
    'weak-passphrase',
    `expected a passphrase of at least ${MIN_PASSPHRASE_LENGTH} characters, got ${came}; choose a longer one, such as four random words`,
    { facts: { minLength: MIN_PASSPHRASE_LENGTH, length } },
  )
}

/**
 * The keystore as JSON text with a line end. `scryptN` is a power of two; less than the default is for tests.
 * Throws `OperationError('weak-passphrase')`.
 */
export async function encryptKeystore(privateKey: Uint8Array, passphrase: string, scryptN = SCRYPT_N): Promise<string> {
  checkPassphrase(passphrase)
  const random = { salt: randomBytes(32), iv: randomBytes(16), uuid: randomBytes(16) }
  const keystore = await (await loadV3()).fromPrivateKey(privateKey).toV3(passphrase, {
    kdf: 'scrypt',
    n: scryptN,
    r: 8,
    p: 1,
    ...random,
  })
  return `${JSON.stringify(keystore)}\n`
}

/**
 * The 32-byte private key; the caller wipes it. `file` names it in errors.
 * Throws `OperationError('wrong-passphrase')`, and 'bad-keystore' where what it holds is not the key of its address.
 */
export async function decryptKeystore(keystore: Keystore, passphrase: string, file: string): Promise<Uint8Array> {
  const V3 = await loadV3()
  let wallet: Wallet
  try {
    wallet = await V3.fromV3(JSON.stringify(keystore), passphrase)
  } catch (cause) {
    // The library has one class for all; the rest of its complaints `parseKeystore` has ruled out, but for an impossible key.
    if (cause instanceof Error && cause.message.startsWith('Key derivation failed')) {
      throw new OperationError(
        'wrong-passphrase',
        `expected the passphrase of ${file}, got one that does not open it; type it again, or import the wallet from its words`,
        { facts: { file } },
      )
    }
    throw badKeystore(file, 'it opens, but what it holds is not a secp256k1 key', cause)
  }
  const privateKey = wallet.getPrivateKey()
  const address: Address = addressOfKey(publicKeyOf(privateKey))
  if (keystore.address === undefined || keystore.address === address) return privateKey
  throw badKeystore(file, `it names address ${keystore.address} but holds the key of ${address}`)
}

/** A hundred modules, a sixth of the time in which a command starts: only for one that opens or makes a keystore. */
async function loadV3(): Promise<typeof Wallet> {
  return (await import('@ethereumjs/wallet')).Wallet
}

// Some old programs write `Crypto`.
function lowerCaseCrypto(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || !('Crypto' in json) || 'crypto' in json) return json
  const { Crypto: crypto, ...rest } = json
  return { ...rest, crypto }
}

function badKeystore(file: string, problem: string, cause?: unknown): OperationError {
  return new OperationError(
    'bad-keystore',
    `expected an Ethereum keystore (V3, scrypt or pbkdf2, aes-128-ctr) in ${file}, got something else (${problem}); restore the file from a backup or import the words`,
    { facts: { file, problem }, cause },
  )
}
