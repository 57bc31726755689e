// Wallets that change: another passphrase, another name, none; and what is there when that is cut short.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { OperationError } from '../../../../node/errors.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { changePassphrase, removeWallet, renameWallet } from '../../../../node/wallet/changing.ts'
import { openKey, openWallet, saveWallet, walletFile } from '../../../../node/wallet/wallet-folder.ts'

const [OLD, NEW] = ['the passphrase of before', 'the passphrase of after']
const FAST = { scryptN: 2 }
const origin = { phrase: '0a1b2c3d', index: 7 }

async function open(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'ttx-changing-'))
  t.after(() => rm(root, { recursive: true }))
  const folder = join(root, 'wallets')
  using wallet = await saveWallet(folder, 'alice', keccak(Uint8Array.of(1)), OLD, { ...FAST, origin })
  const change = async (from: string, to: string) =>
    changePassphrase(folder, 'alice', await openKey(folder, 'alice', from), to, FAST)
  const opens = async (passphrase: string) => {
    try {
      using opened = await openWallet(folder, 'alice', passphrase)
      return opened.address === wallet.address
    } catch (error) {
      if (error instanceof OperationError && error.code === 'wrong-passphrase') return false
      throw error
    }
  }
  return { root, folder, address: wallet.address, change, opens }
}

const code = (expected: string) => (error: unknown) => error instanceof OperationError && error.code === expected

test('a changed passphrase opens the same key, the old one no longer does, and what was known of its words stays', async (t) => {
  const { folder, change, opens } = await open(t)
  await change(OLD, NEW)
  assert.deepEqual([await opens(OLD), await opens(NEW)], [false, true])
  assert.deepEqual((await openKey(folder, 'alice', NEW)).origin, origin)
  assert.equal((await stat(walletFile(folder, 'alice'))).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(folder), ['alice.json'])
})

test('a weak new passphrase changes nothing', async (t) => {
  const { folder, change, opens } = await open(t)
  const before = await readFile(walletFile(folder, 'alice'), 'utf8')
  await assert.rejects(change(OLD, 'short'), code('weak-passphrase'))
  assert.equal(await readFile(walletFile(folder, 'alice'), 'utf8'), before)
  assert(await opens(OLD))
})

test('where the wallet is a link, the file that it points to gets the new passphrase, and the link stays', async (t) => {
  const { root, folder, change, opens } = await open(t)
  const elsewhere = join(root, 'stick')
  await mkdir(elsewhere)
  await writeFile(join(elsewhere, 'key.json'), await readFile(walletFile(folder, 'alice')))
  await rm(walletFile(folder, 'alice'))
  await symlink(join(elsewhere, 'key.json'), walletFile(folder, 'alice'))
  await change(OLD, NEW)
  assert.deepEqual([await opens(OLD), await opens(NEW)], [false, true])
  assert.deepEqual(await readdir(elsewhere), ['key.json'])
  // Of a link that is removed the key itself stays, and is named.
  assert.equal(await removeWallet(folder, 'alice'), join(elsewhere, 'key.json'))
  assert.deepEqual([await readdir(folder), await readdir(elsewhere)], [[], ['key.json']])
})

test('a process that is killed while it changes passphrases leaves a wallet that one of the two opens, and the next change clears its drafts', async (t) => {
  const { folder, change, opens } = await open(t)
  const modules = new URL('../../../../node/wallet/', import.meta.url).href
  const program = `
    import { changePassphrase } from '${modules}changing.ts'
    import { openKey } from '${modules}wallet-folder.ts'
    const [folder, ...both] = process.argv.slice(1)
    const key = await openKey(folder, 'alice', both[0]).catch(() => openKey(folder, 'alice', both[1]))
    for (let i = 0; ; i++) {
      process.stdout.write('.')
      await changePassphrase(folder, 'alice', key, both[i % 2], { scryptN: 2 })
    }`
  for (const beginnings of [1, 2, 3, 5, 8, 13, 21, 34]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder, OLD, NEW], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let seen = 0
    for await (const dots of child.stdout) {
      seen += dots.length
      if (seen >= beginnings) break
    }
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const [before, after] = [await opens(OLD), await opens(NEW)]
    assert.notEqual(before, after, `killed in change ${seen}`)
  }
  await writeFile(join(folder, 'alice.json.01234567-89ab-cdef-0123-456789abcdef.tmp'), '{')
  await writeFile(join(folder, 'alice.json.backup.tmp'), 'of the user')
  await change((await opens(OLD)) ? OLD : NEW, NEW)
  assert.deepEqual((await readdir(folder)).sort(), ['alice.json', 'alice.json.backup.tmp'])
})

test('a renamed wallet has its new name only, and no name is taken twice', async (t) => {
  const { folder, address } = await open(t)
  using bob = await saveWallet(folder, 'bob', keccak(Uint8Array.of(2)), OLD, FAST)
  await assert.rejects(renameWallet(folder, 'alice', 'bob'), code('wallet-exists'))
  await assert.rejects(renameWallet(folder, 'alice', 'alice'), code('wallet-exists'))
  await assert.rejects(renameWallet(folder, 'alice', '../alice'), code('bad-wallet-name'))
  await assert.rejects(renameWallet(folder, 'nobody', 'somebody'), code('wallet-missing'))
  await renameWallet(folder, 'alice', 'savings')
  assert.deepEqual((await readdir(folder)).sort(), ['bob.json', 'savings.json'])
  using savings = await openWallet(folder, 'savings', OLD)
  assert.equal(savings.address, address)
  assert.notEqual(bob.address, address)
})

test('a removed wallet is gone with its drafts, and others stay', async (t) => {
  const { folder } = await open(t)
  using _bob = await saveWallet(folder, 'bob', keccak(Uint8Array.of(2)), OLD, FAST)
  await writeFile(join(folder, 'alice.json.01234567-89ab-cdef-0123-456789abcdef.tmp'), '{')
  assert.equal(await removeWallet(folder, 'alice'), undefined)
  assert.deepEqual(await readdir(folder), ['bob.json'])
  await assert.rejects(removeWallet(folder, 'alice'), code('wallet-missing'))
  await assert.rejects(removeWallet(folder, '../alice'), code('bad-wallet-name'))
})
