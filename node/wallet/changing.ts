// Wallets that change: another passphrase, another name, none. Whatever moment a process is killed at, the key is in a file that opens.

import { randomUUID } from 'node:crypto'
import { link, lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { removeDrafts } from '../durable.ts'
import { OperationError } from '../errors.ts'
import { equalBytes } from '../protocol/bytes.ts'
import { decryptKeystore, encryptKeystore, type Origin, parseKeystore, SCRYPT_N } from './keystore.ts'
import {
  checkFree,
  checkThere,
  isSystemError,
  notWritten,
  readKeystore,
  walletExists,
  walletFile,
} from './wallet-folder.ts'

/**
 * Puts the same key under another passphrase. The new file is read back and opened before it takes the place of the old one, in one step of the
 * file system: before it the old passphrase opens the wallet, after it the new one. A link is followed, so that what it points to changes. The caller wipes
 * `privateKey`, and sees to it that nobody else changes this wallet. Throws `OperationError`: 'weak-passphrase', 'wallet-not-written'.
 */
export async function changePassphrase(
  folder: string,
  name: string,
  { privateKey, origin }: { readonly privateKey: Uint8Array; readonly origin: Origin | undefined },
  passphrase: string,
  options: { readonly scryptN?: number } = {},
): Promise<void> {
  const text = await encryptKeystore(privateKey, passphrase, options.scryptN ?? SCRYPT_N, origin)
  const given = walletFile(folder, name)
  try {
    const file = await realpath(given)
    await removeDrafts(file)
    const draft = `${file}.${randomUUID()}.tmp`
    try {
      await using handle = await open(draft, 'wx', 0o600)
      await handle.writeFile(text)
      await handle.sync()
      await checkOpens(draft, passphrase, privateKey)
      await rename(draft, file)
    } finally {
      await rm(draft, { force: true })
    }
    await syncFolder(dirname(file))
  } catch (cause) {
    throw notWritten(given, name, cause)
  }
}

/**
 * Gives a wallet another name. Killed in between, it has both, which does no harm: a key is a key, and each name can be removed.
 * Throws `OperationError`: 'wallet-missing', 'wallet-exists', 'bad-wallet-name', 'wallet-not-written'.
 */
export async function renameWallet(folder: string, from: string, to: string): Promise<void> {
  const [old, file] = [walletFile(folder, from), walletFile(folder, to)]
  await checkThere(folder, from)
  await checkFree(folder, to)
  try {
    // A rename would replace a file that somebody made in the meantime.
    await link(old, file).catch((cause) => {
      throw isSystemError(cause, 'EEXIST') ? walletExists(to, file) : cause
    })
    await syncFolder(folder)
    await rm(old)
    await syncFolder(folder)
  } catch (cause) {
    throw notWritten(file, to, cause)
  }
}

/**
 * Removes the file of a wallet, and what interrupted commands left of it. Of a link only the link goes: the file that it points to is returned.
 * Throws `OperationError`: 'wallet-missing', 'bad-wallet-name', 'wallet-not-written'.
 */
export async function removeWallet(folder: string, name: string): Promise<string | undefined> {
  const file = walletFile(folder, name)
  await checkThere(folder, name)
  try {
    const target = (await lstat(file)).isSymbolicLink() ? await realpath(file) : undefined
    await removeDrafts(file)
    await rm(file)
    await syncFolder(folder)
    return target
  } catch (cause) {
    throw notWritten(file, name, cause)
  }
}

/** A disk that keeps something else than it was given must not cost the key. */
async function checkOpens(draft: string, passphrase: string, privateKey: Uint8Array): Promise<void> {
  const kept = await decryptKeystore(parseKeystore(await readKeystore(draft), draft), passphrase, draft)
  const isSame = equalBytes(kept, privateKey)
  kept.fill(0)
  if (!isSame)
    throw new OperationError(
      'bad-keystore',
      `expected ${draft} to hold the key, got another one; look at the disk, nothing has changed`,
      { facts: { file: draft } },
    )
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}
