// Wallet files: private, whole, never overwritten, and told apart from what is not a wallet.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { Wallet } from '../../../../node/wallet/wallet.ts'
import {
  checkFree,
  listWallets,
  openWallet,
  readKeystore,
  saveWallet,
  walletFile,
} from '../../../../node/wallet/wallet-folder.ts'

const PASSPHRASE = 'a passphrase for tests'
const FAST = { scryptN: 2 }
const key = (seed: number): Uint8Array => keccak(Uint8Array.of(seed))
const addressOf = (seed: number): string => new Wallet(key(seed)).address

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-wallet-'))
  try {
    await run(join(folder, 'data', 'wallets'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function rejects(promise: Promise<unknown>, code: string): Promise<OperationError> {
  let caught: OperationError | undefined
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof OperationError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, /^expected .+ got .+; .+/)
    caught = error
    return true
  })
  assert.ok(caught)
  return caught
}

test('a saved wallet opens again with its passphrase and is the same', () =>
  withFolder(async (folder) => {
    const saved = await saveWallet(folder, 'alice', key(1), PASSPHRASE, FAST)
    const opened = await openWallet(folder, 'alice', PASSPHRASE)
    assert.equal(saved.address, addressOf(1))
    assert.equal(opened.address, addressOf(1))
    assert.deepEqual(opened.sign(key(9)), saved.sign(key(9)))
  }))

test('files are for their owner only, and nothing else is left in the folder', () =>
  withFolder(async (folder) => {
    await saveWallet(folder, 'alice', key(1), PASSPHRASE, FAST)
    assert.deepEqual(await readdir(folder), ['alice.json'])
    assert.equal((await stat(walletFile(folder, 'alice'))).mode & 0o777, 0o600)
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    assert.equal((await stat(walletFile(folder, 'alice'))).nlink, 1)
  }))

test('an existing wallet is never overwritten', () =>
  withFolder(async (folder) => {
    await saveWallet(folder, 'alice', key(1), PASSPHRASE, FAST)
    const before = await readFile(walletFile(folder, 'alice'))
    const error = await rejects(saveWallet(folder, 'alice', key(2), PASSPHRASE, FAST), 'wallet-exists')
    assert.deepEqual(error.facts, { name: 'alice', file: walletFile(folder, 'alice') })
    await rejects(checkFree(folder, 'alice'), 'wallet-exists')
    assert.deepEqual(await readFile(walletFile(folder, 'alice')), before)
    await checkFree(folder, 'bob')
  }))

test('of many that save one name at once exactly one wins', () =>
  withFolder(async (folder) => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
    const results = await Promise.allSettled(
      seeds.map((seed) => saveWallet(folder, 'alice', key(seed), PASSPHRASE, FAST)),
    )
    const winners = results.filter((result) => result.status === 'fulfilled')
    assert.equal(winners.length, 1)
    for (const result of results) {
      if (result.status === 'rejected') assert.equal(result.reason.code, 'wallet-exists')
    }
    assert.equal((await openWallet(folder, 'alice', PASSPHRASE)).address, winners[0]?.value.address)
    assert.deepEqual(await readdir(folder), ['alice.json'])
  }))

test('a weak passphrase leaves no file', () =>
  withFolder(async (folder) => {
    await rejects(saveWallet(folder, 'alice', key(1), 'short', FAST), 'weak-passphrase')
    assert.deepEqual(await listWallets(folder), [])
    await assert.rejects(stat(walletFile(folder, 'alice')))
  }))

test('a wrong passphrase, a missing file and a malformed file are three errors', () =>
  withFolder(async (folder) => {
    await saveWallet(folder, 'alice', key(1), PASSPHRASE, FAST)
    await rejects(openWallet(folder, 'alice', `${PASSPHRASE}!`), 'wrong-passphrase')
    await rejects(openWallet(folder, 'bob', PASSPHRASE), 'wallet-missing')
    const whole = await readFile(walletFile(folder, 'alice'), 'utf8')
    await writeFile(walletFile(folder, 'torn'), whole.slice(0, whole.length / 2))
    await rejects(openWallet(folder, 'torn', PASSPHRASE), 'bad-keystore')
    await writeFile(walletFile(folder, 'long'), ' '.repeat(10_000))
    await rejects(openWallet(folder, 'long', PASSPHRASE), 'bad-keystore')
    await mkdir(walletFile(folder, 'folder'))
    await rejects(openWallet(folder, 'folder', PASSPHRASE), 'file-unreadable')
    await rejects(readKeystore(join(folder, 'nothing')), 'file-missing')
  }))

test('a name never leaves the folder', () =>
  withFolder(async (folder) => {
    for (const name of ['', '..', '../x', 'a/b', 'A', '.hidden', 'a'.repeat(33), 'a b', 'a.json']) {
      await rejects(openWallet(folder, name, PASSPHRASE), 'bad-wallet-name')
      await rejects(saveWallet(folder, name, key(1), PASSPHRASE, FAST), 'bad-wallet-name')
    }
  }))

test('a folder that cannot be made or read is told', () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, '..'), { recursive: true })
    await symlink('/nowhere/at/all', folder)
    await rejects(saveWallet(folder, 'alice', key(1), PASSPHRASE, FAST), 'wallet-not-written')
    await rm(folder)
    await writeFile(folder, 'a file')
    await rejects(saveWallet(folder, 'alice', key(1), PASSPHRASE, FAST), 'file-unreadable')
    await rejects(listWallets(folder), 'file-unreadable')
  }))

test('a list has names and addresses, says what is wrong with the rest, and skips what is no wallet', () =>
  withFolder(async (folder) => {
    assert.deepEqual(await listWallets(folder), [])
    await saveWallet(folder, 'bob', key(2), PASSPHRASE, FAST)
    await saveWallet(folder, 'alice', key(1), PASSPHRASE, FAST)
    await writeFile(walletFile(folder, 'broken'), '{}')
    await writeFile(join(folder, 'notes.txt'), 'hello')
    await writeFile(join(folder, 'NOT A NAME.json'), '{}')
    const [alice, bob, broken, ...rest] = await listWallets(folder)
    assert.deepEqual(alice, { name: 'alice', file: walletFile(folder, 'alice'), address: addressOf(1) })
    assert.deepEqual(bob, { name: 'bob', file: walletFile(folder, 'bob'), address: addressOf(2) })
    assert.equal(broken?.name, 'broken')
    assert.match(broken?.problem ?? '', /keystore/)
    assert.deepEqual(rest, [])
  }))
