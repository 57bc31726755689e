// Wallets at rest: one keystore V3 file a wallet, `<folder>/<name>.json`, mode 0600, written whole or not at all, never overwritten.

import { randomUUID } from 'node:crypto'
import { link, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, readAtMost, refusalOf } from '../disk.ts'
import { OperationError } from '../errors.ts'
import type { Address } from '../protocol/ids.ts'
import { decodeWritten } from './as-written.ts'
import {
  decryptKeystore,
  encryptKeystore,
  MAX_KEYSTORE_BYTES,
  type Origin,
  parseKeystore,
  SCRYPT_N,
} from './keystore.ts'
import { Wallet } from './wallet.ts'

/** `address` is missing where the file is not a keystore that names one; `problem` then says why. */
export type WalletEntry = {
  readonly name: string
  readonly file: string
  readonly address?: Address
  /** Where it comes from, if that was said when it was made. */
  readonly origin?: Origin
  readonly problem?: string
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/

/** The file of a wallet. Throws `OperationError('bad-wallet-name')`, so that a name never leaves the folder. */
export function walletFile(folder: string, name: string): string {
  if (NAME.test(name)) return join(folder, `${name}.json`)
  throw new OperationError(
    'bad-wallet-name',
    `expected a wallet name of 1 to 32 characters a-z, 0-9, - and _, got ${JSON.stringify(name)}; choose another name`,
    { facts: { name } },
  )
}

/**
 * Encrypts a 32-byte private key into a new file and opens it as a wallet. The caller wipes `privateKey`.
 * Throws `OperationError`: 'wallet-exists', 'weak-passphrase', 'bad-wallet-name', 'wallet-not-written'.
 */
export async function saveWallet(
  folder: string,
  name: string,
  privateKey: Uint8Array,
  passphrase: string,
  options: { readonly scryptN?: number; readonly origin?: Origin } = {},
): Promise<Wallet> {
  const file = walletFile(folder, name)
  await checkFree(folder, name)
  const wallet = new Wallet(privateKey)
  const { scryptN = SCRYPT_N, origin } = options
  await writeNew(file, await encryptKeystore(privateKey, passphrase, scryptN, origin), name)
  return wallet
}

/** For asking before somebody types a passphrase; `saveWallet` asks again. Throws `OperationError('wallet-exists')`. */
export async function checkFree(folder: string, name: string): Promise<void> {
  const file = walletFile(folder, name)
  const found = await stat(file).catch((cause) => {
    if (isSystemError(cause, 'ENOENT')) return undefined
    throw unreadable(file, cause)
  })
  if (found !== undefined) throw walletExists(name, file)
}

/** For asking before somebody types a passphrase. Throws `OperationError`: 'wallet-missing', 'bad-wallet-name', 'file-unreadable'. */
export async function checkThere(folder: string, name: string): Promise<void> {
  const file = walletFile(folder, name)
  await stat(file).catch(async (cause) => {
    throw isSystemError(cause, 'ENOENT') ? await walletMissing(folder, name, cause) : unreadable(file, cause)
  })
}

/** Throws `OperationError`: 'wallet-missing', 'bad-keystore', 'wrong-passphrase', 'file-unreadable', 'bad-wallet-name'. */
export async function openWallet(folder: string, name: string, passphrase: string): Promise<Wallet> {
  const { privateKey } = await openKey(folder, name, passphrase)
  const wallet = new Wallet(privateKey)
  privateKey.fill(0)
  return wallet
}

/** The key itself, which the caller wipes, and its file as it is. Throws as `openWallet` does. */
export async function openKey(
  folder: string,
  name: string,
  passphrase: string,
): Promise<{ readonly privateKey: Uint8Array; readonly text: string; readonly origin: Origin | undefined }> {
  const file = walletFile(folder, name)
  const text = await readKeystore(file).catch(async (cause) => {
    if (!(cause instanceof OperationError && cause.code === 'file-missing')) throw cause
    throw await walletMissing(folder, name, cause)
  })
  const keystore = parseKeystore(text, file)
  return { privateKey: await decryptKeystore(keystore, passphrase, file), text, origin: keystore.ttx }
}

async function walletMissing(folder: string, name: string, cause: unknown): Promise<OperationError> {
  const file = walletFile(folder, name)
  const there = (await listWallets(folder)).map((wallet) => wallet.name)
  return new OperationError(
    'wallet-missing',
    `expected wallet "${name}" at ${file}, got no such file; wallets there: ${there.join(', ') || 'none'}; name one with --wallet, another folder with --data or --network, or make it with "ttx wallet create"`,
    { facts: { name, file, wallets: there }, cause },
  )
}

/** All wallets of a folder by name, without a passphrase. A folder that is not there holds none. */
export async function listWallets(folder: string): Promise<WalletEntry[]> {
  const files = await readdir(folder).catch((cause) => {
    if (isSystemError(cause, 'ENOENT')) return []
    throw unreadable(folder, cause)
  })
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
  return Promise.all(
    names
      .filter((name) => NAME.test(name))
      .sort()
      .map((name) => describe(folder, name)),
  )
}

/** The text of any keystore file. Throws `OperationError`: 'file-missing', 'file-unreadable', 'bad-keystore'. */
export async function readKeystore(file: string, signal?: AbortSignal): Promise<string> {
  try {
    const bytes = await readAtMost(file, MAX_KEYSTORE_BYTES + 1, signal)
    if (bytes.length <= MAX_KEYSTORE_BYTES) return decodeWritten(bytes)
  } catch (cause) {
    signal?.throwIfAborted()
    if (!isSystemError(cause, 'ENOENT')) throw unreadable(file, cause)
    throw new OperationError('file-missing', `expected a keystore at ${file}, got no such file; check the path`, {
      facts: { file },
      cause,
    })
  }
  throw new OperationError(
    'bad-keystore',
    `expected a keystore of at most ${MAX_KEYSTORE_BYTES} bytes in ${file}, got a longer file; check the path`,
    { facts: { file, limit: MAX_KEYSTORE_BYTES } },
  )
}

async function describe(folder: string, name: string): Promise<WalletEntry> {
  const file = walletFile(folder, name)
  try {
    const { address, ttx: origin } = parseKeystore(await readKeystore(file), file)
    if (address === undefined) return { name, file, problem: 'it names no address' }
    return { name, file, address, ...(origin === undefined ? {} : { origin }) }
  } catch (error) {
    if (error instanceof OperationError) return { name, file, problem: error.message }
    throw error
  }
}

// A hard link rather than a rename at the end: it is as atomic, and it fails where the name is taken instead of overwriting.
async function writeNew(file: string, text: string, name: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    await makeFolder(dirname(file))
    try {
      await using handle = await open(temporary, 'wx', 0o600)
      await handle.writeFile(text)
      await handle.sync()
      await link(temporary, file).catch((cause) => {
        throw isSystemError(cause, 'EEXIST') ? walletExists(name, file) : cause
      })
    } finally {
      await rm(temporary, { force: true })
    }
    await using folder = await open(dirname(file), 'r')
    await folder.sync()
  } catch (cause) {
    throw notWritten(file, name, cause)
  }
}

/** What is not of the disk stays as it is. */
export function notWritten(file: string, name: string, cause: unknown): OperationError {
  if (cause instanceof OperationError && cause.code !== 'write-failed') return cause
  const { is, advice } = refusalOf(cause) ?? {
    is: describeCause(cause instanceof OperationError ? cause.cause : cause),
    advice: 'make the folder writable or choose another with --data',
  }
  return new OperationError(
    'wallet-not-written',
    `expected to write wallet "${name}" to ${file}, got ${is}; ${advice}`,
    { facts: { name, file }, cause },
  )
}

export function walletExists(name: string, file: string): OperationError {
  return new OperationError(
    'wallet-exists',
    `expected no wallet "${name}" yet, got one at ${file}; it is never overwritten: choose another name with --wallet, or move that file away`,
    { facts: { name, file } },
  )
}

function unreadable(file: string, cause: unknown): OperationError {
  return new OperationError(
    'file-unreadable',
    `expected to read ${file}, got ${describeCause(cause)}; check its owner and mode`,
    { facts: { file }, cause },
  )
}

export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
