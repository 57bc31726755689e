// The Ethereum keystore V3 ("Web3 Secret Storage"): a private key encrypted with a passphrase, as geth and MetaMask keep it.

import { createCipheriv, createDecipheriv, pbkdf2, randomBytes, randomUUID, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import { OperationError } from '../errors.ts'
import { concat, equalBytes, formatHex, parseHex } from '../protocol/bytes.ts'
import { keccak } from '../protocol/hash.ts'
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
const CIPHER = 'aes-128-ctr'
const KEY_BYTES = 32

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
  cipher: z.literal(CIPHER),
  cipherparams: z.object({ iv: hex(16) }),
  ciphertext: hex(32),
  mac: hex(32),
}
/** A member of ours beside those of the standard, which other programs skip. It is not under the MAC: it is shown, and decides nothing. */
const origin = z.object({
  phrase: z.string().regex(/^[0-9a-f]{8}$/),
  index: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
})
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
  ttx: origin.optional().catch(undefined),
  crypto: z.discriminatedUnion('kdf', [
    z.object({ ...cipher, kdf: z.literal('scrypt'), kdfparams: scryptParams }),
    z.object({ ...cipher, kdf: z.literal('pbkdf2'), kdfparams: pbkdf2Params }),
  ]),
})

/** From which words a key was derived, by their BIP-32 fingerprint, and at which place (the last number of its BIP-44 path). */
export type Origin = z.output<typeof origin>

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

/**
 * For a new passphrase. Bytes in no known encoding all become U+FFFD, so that many files would open the wallet, and no other program could.
 * Throws `OperationError('weak-passphrase')`.
 */
export function checkPassphrase(passphrase: string): void {
  const length = [...passphrase].length
  if (passphrase.includes('\ufffd')) {
    throw new OperationError(
      'weak-passphrase',
      'expected a passphrase of text in UTF-8, or in UTF-16 with a byte order mark, got bytes that are neither; write it again in one of them, random bytes as hex or base64',
      { facts: { minLength: MIN_PASSPHRASE_LENGTH, length } },
    )
  }
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
export async function encryptKeystore(
  privateKey: Uint8Array,
  passphrase: string,
  scryptN = SCRYPT_N,
  ttx?: Origin,
): Promise<string> {
  checkPassphrase(passphrase)
  const [salt, iv] = [randomBytes(32), randomBytes(16)]
  const kdfparams = { dklen: KEY_BYTES, salt: formatHex(salt), n: scryptN, r: 8, p: 1 } as const
  const derived = await deriveKey({ kdf: 'scrypt', kdfparams }, passphrase)
  const encryption = createCipheriv(CIPHER, derived.subarray(0, 16), iv)
  const ciphertext = concat(encryption.update(privateKey), encryption.final())
  const mac = formatHex(macOf(derived, ciphertext))
  const cipherparams = { iv: formatHex(iv) }
  const crypto = { ciphertext: formatHex(ciphertext), cipherparams, cipher: CIPHER, kdf: 'scrypt', kdfparams, mac }
  const address = addressOfKey(publicKeyOf(privateKey)).slice(2)
  return `${JSON.stringify({ version: 3, id: randomUUID(), address, crypto, ttx })}\n`
}

/**
 * The 32-byte private key; the caller wipes it. `file` names it in errors.
 * Throws `OperationError('wrong-passphrase')`, and 'bad-keystore' where what it holds is not the key of its address.
 */
export async function decryptKeystore(keystore: Keystore, passphrase: string, file: string): Promise<Uint8Array> {
  const { crypto } = keystore
  const ciphertext = parseHex(crypto.ciphertext)
  const derived = await deriveKey(crypto, passphrase)
  if (!equalBytes(macOf(derived, ciphertext), parseHex(crypto.mac))) {
    throw new OperationError(
      'wrong-passphrase',
      `expected the passphrase of ${file}, got one that does not open it; type it again, or import the wallet from its words`,
      { facts: { file } },
    )
  }
  const decryption = createDecipheriv(CIPHER, derived.subarray(0, 16), parseHex(crypto.cipherparams.iv))
  const plain = decryption.update(ciphertext)
  const privateKey = Uint8Array.from(plain)
  plain.fill(0)
  derived.fill(0)
  let address: Address
  try {
    address = addressOfKey(publicKeyOf(privateKey))
  } catch (cause) {
    throw badKeystore(file, 'it opens, but what it holds is not a secp256k1 key', cause)
  }
  if (keystore.address === undefined || keystore.address === address) return privateKey
  throw badKeystore(file, `it names address ${keystore.address} but holds the key of ${address}`)
}

type Derivation =
  | { readonly kdf: 'scrypt'; readonly kdfparams: z.output<typeof scryptParams> }
  | { readonly kdf: 'pbkdf2'; readonly kdfparams: z.output<typeof pbkdf2Params> }

/** 32 bytes: the first half encrypts, the second is hashed with what was encrypted. By Node's own code, four times as fast as JavaScript. */
async function deriveKey({ kdf, kdfparams }: Derivation, passphrase: string): Promise<Uint8Array> {
  const salt = parseHex(kdfparams.salt)
  if (kdf === 'pbkdf2') return await promisify(pbkdf2)(passphrase, salt, kdfparams.c, KEY_BYTES, 'sha256')
  const { n, r, p } = kdfparams
  if (n < 2 ** (16 * r)) {
    const options = { N: n, r, p, maxmem: 2 * MAX_SCRYPT_MEMORY_BYTES }
    return await promisify<string, Uint8Array, number, typeof options, Buffer>(scrypt)(
      passphrase,
      salt,
      KEY_BYTES,
      options,
    )
  }
  // RFC 7914 has no such n, and Node refuses it; files with it exist all the same.
  const { scryptAsync } = await import('@noble/hashes/scrypt.js')
  return await scryptAsync(passphrase, salt, { N: n, r, p, dkLen: KEY_BYTES, maxmem: 2 * MAX_SCRYPT_MEMORY_BYTES })
}

function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak(concat(derived.subarray(16, 32), ciphertext))
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
