// ttx wallet passphrase, export, rename, remove and derive: what they ask, what they refuse, and what they leave.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { mnemonicToAccount } from 'viem/accounts'
import { formatHex } from '../../../../node/protocol/bytes.ts'
import { openWallet, saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { accountOf, signOffer } from '../../../../scripts/assure/models/world.ts'
import { keepInBook } from '../../../../scripts/cli/offers/book.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { takeLock } from '../../../../scripts/lock.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const [OLD, NEW] = ['four random words here', 'four other words there']
const JUNK = 'test test test test test test test test test test test junk'
const { key, address } = accountOf('alice')
const KEY = formatHex(key)

async function open(t: TestContext) {
  const data = await mkdtemp(join(tmpdir(), 'ttx-wallet-changes-'))
  t.after(() => rm(data, { recursive: true }))
  const wallets = join(data, 'wallets')
  const saved = await saveWallet(wallets, 'alice', key, OLD, { scryptN: 4_096 })
  saved[Symbol.dispose]()
  /** `answers`: what is typed after each text that is shown; without them there is no terminal. */
  const run = async (
    args: readonly string[],
    answers?: readonly (readonly [seen: string, typed: string])[],
    {
      env = { TTX_PASSPHRASE: OLD },
      input = '',
      isShown = false,
    }: { env?: Record<string, string>; input?: string | Uint8Array; isShown?: boolean } = {},
  ) => {
    const shell = fakeShell({ folder: data, env, isTTY: answers !== undefined })
    if (isShown) Object.assign(shell.stdout, { isTTY: true })
    const node = args[1] === 'remove' ? ['--node', 'http://127.0.0.1:9'] : []
    const ending = runCli([...args, ...node, '--data', data, '--log-level', 'silent'], shell)
    for (const [seen, typed] of answers ?? []) {
      await Promise.race([shell.seen(seen), ending])
      shell.stdin.write(`${typed}\n`)
    }
    if (answers === undefined) shell.stdin.end(input)
    return { exitCode: await ending, out: shell.out(), err: shell.err() }
  }
  const opens = async (passphrase: string, name = 'alice') => {
    using wallet = await openWallet(wallets, name, passphrase)
    return wallet.address === address
  }
  const file = async (name: string, text: string | Uint8Array) => {
    await writeFile(join(data, name), text)
    return join(data, name)
  }
  return { data, wallets, run, opens, file }
}

const failure = (out: string) => JSON.parse(out).error.code

test('a passphrase is changed at a terminal: the old one once, the new one twice, none of them shown', async (t) => {
  const { run, opens } = await open(t)
  const differ = await run(
    ['wallet', 'passphrase', '--wallet', 'alice', '--json'],
    [
      ['Present', OLD],
      ['New', NEW],
      ['again', OLD],
    ],
    { env: {} },
  )
  assert.equal(failure(differ.out), 'passphrases-differ')
  assert(await opens(OLD))
  const { exitCode, out, err } = await run(
    ['wallet', 'passphrase', '--wallet', 'alice'],
    [
      ['Present', OLD],
      ['New', NEW],
      ['again', NEW],
    ],
    { env: {} },
  )
  assert.equal(exitCode, 0)
  assert.match(out, /copies of the old file still open with the old one/)
  for (const secret of [OLD, NEW, KEY]) assert(!(out + err).includes(secret))
  assert(await opens(NEW))
})

test('scripts change a passphrase by two files, of which one may be from Windows', async (t) => {
  const { run, opens, file } = await open(t)
  const [old, next] = [await file('old', `\ufeff${OLD}\r\n`), await file('new', `${NEW}\r\n`)]
  const args = ['wallet', 'passphrase', '--wallet', 'alice', '--json', '--passphrase-file', old]
  assert.equal(failure((await run(args, undefined, { env: {} })).out), 'passphrase-missing')
  const weak = await run([...args, '--new-passphrase-file', await file('weak', 'short')], undefined, { env: {} })
  assert.equal(failure(weak.out), 'weak-passphrase')
  const { exitCode, out } = await run([...args, '--new-passphrase-file', next], undefined, { env: {} })
  assert.deepEqual([exitCode, JSON.parse(out).address], [0, address])
  assert(await opens(NEW))
  const again = await run([...args, '--new-passphrase-file', next], undefined, { env: {} })
  assert.equal(failure(again.out), 'wrong-passphrase')
})

test('files that Windows PowerShell writes (UTF-16, a mark, other line ends) are read: passphrase, keystore and words', async (t) => {
  const { wallets, run, file } = await open(t)
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}\r\n`, 'utf16le')
  const bigEndian = (text: string) => utf16(text).swap16()
  for (const [i, encode] of [utf16, bigEndian].entries()) {
    const passphrase = await file(`pass${i}`, encode(OLD))
    const keystore = await file(`key${i}`, encode(await readFile(join(wallets, 'alice.json'), 'utf8')))
    const args = ['wallet', 'import', '--keystore', keystore, '--passphrase-file', passphrase, '--json']
    assert.equal(
      JSON.parse((await run([...args, '--wallet', `copy${i}`], undefined, { env: {} })).out).address,
      address,
    )
    const words = await run(['wallet', 'import', '--wallet', `junk${i}`, '--json'], undefined, { input: encode(JUNK) })
    assert.equal(JSON.parse(words.out).address, mnemonicToAccount(JUNK).address.toLowerCase())
  }
})

test('a device without end in the place of a wallet or a passphrase file is refused, and takes no memory', async (t) => {
  const { wallets, run } = await open(t)
  await symlink('/dev/zero', join(wallets, 'zero.json'))
  const { out } = await run(['wallet', 'list', '--json'])
  assert.match(JSON.parse(out).wallets[1].problem, /at most 8192 bytes/)
  const args = ['wallet', 'show', '--json', '--passphrase-file', '/dev/zero', '--wallet', 'alice']
  assert.equal(failure((await run(args, undefined, { env: {} })).out), 'bad-passphrase-file')
})

test('while one command changes a wallet, another one is refused and changes nothing', async (t) => {
  const { wallets, run, opens, file } = await open(t)
  const next = await file('new', NEW)
  await using _other = await takeLock(wallets, 'change')
  for (const args of [
    ['passphrase', '--wallet', 'alice', '--new-passphrase-file', next],
    ['rename', 'alice', 'bob'],
    ['remove', 'alice', '--yes'],
  ])
    assert.equal(failure((await run(['wallet', ...args, '--json'])).out), 'already-runs')
  assert(await opens(OLD))
})

test('a key goes to a terminal only after a second question, and to a file that only its owner reads', async (t) => {
  const { data, run } = await open(t)
  const args = ['wallet', 'export', '--key', '--wallet', 'alice']
  const refused = await run(args, [['Type yes', 'no']], { isShown: true })
  assert.equal(refused.exitCode, 1)
  assert.match(refused.err, /nothing was shown/)
  const nobody = await run([...args, '--json'], undefined, { isShown: true })
  assert.equal(failure(nobody.out), 'not-confirmed')
  for (const { out, err } of [refused, nobody]) assert(!(out + err).includes(KEY))
  assert.equal((await run(args, [['Type yes', 'yes']], { isShown: true })).out, `0x${KEY}\n`)
  assert.equal(JSON.parse((await run([...args, '--json'])).out).key, `0x${KEY}`)
  const wrong = await run([...args, '--json'], undefined, { env: { TTX_PASSPHRASE: NEW } })
  assert.equal(failure(wrong.out), 'wrong-passphrase')

  const file = join(data, 'alice.key')
  const saved = await run([...args, '--save', file, '--json'])
  assert(!saved.out.includes(KEY))
  assert.deepEqual([await readFile(file, 'utf8'), (await stat(file)).mode & 0o777], [`0x${KEY}\n`, 0o600])
  assert.equal(failure((await run([...args, '--save', file, '--json'])).out), 'file-not-written')
})

test('an exported keystore is the file as it is, and another data folder imports it', async (t) => {
  const { data, wallets, run } = await open(t)
  const backup = join(data, 'backup.json')
  assert.equal((await run(['wallet', 'export', '--wallet', 'alice', '--save', backup])).exitCode, 0)
  assert.equal(await readFile(backup, 'utf8'), await readFile(join(wallets, 'alice.json'), 'utf8'))
  const imported = await run(['wallet', 'import', '--keystore', backup, '--wallet', 'copy', '--json'])
  assert.equal(JSON.parse(imported.out).address, address)
})

test('a wallet is renamed, but not to what is a wallet or a contact already', async (t) => {
  const { run, opens } = await open(t)
  assert.equal((await run(['contact', 'add', 'carol', accountOf('carol').address])).exitCode, 0)
  assert.equal(failure((await run(['wallet', 'rename', 'alice', 'carol', '--json'])).out), 'contact-exists')
  assert.equal(failure((await run(['wallet', 'create', '--wallet', 'carol', '--json'])).out), 'contact-exists')
  assert.equal(failure((await run(['wallet', 'rename', 'alice', 'Savings', '--json'])).out), 'bad-wallet-name')
  assert.equal((await run(['wallet', 'rename', 'alice', 'savings'])).exitCode, 0)
  assert(await opens(OLD, 'savings'))
})

test('what a devnet opens at each start stays as it is', async (t) => {
  const { run, data, wallets } = await open(t)
  for (const name of ['genesis', 'watcher'])
    (await saveWallet(wallets, name, key, OLD, { scryptN: 4_096 }))[Symbol.dispose]()
  const lines = [
    ['wallet', 'passphrase', '--wallet', 'genesis', '--new-passphrase-file', '/dev/null'],
    ['wallet', 'rename', 'watcher', 'mine'],
    ['wallet', 'remove', 'genesis', '--yes'],
  ]
  for (const file of ['deployment.json', 'passphrase']) await writeFile(join(data, file), '{}')
  for (const line of lines) {
    const { exitCode, err } = await run(line)
    assert.equal(exitCode, 1)
    assert.match(err, /expected a wallet of yours, got "(genesis|watcher)", which the devnet in .+ opens at each start/)
  }
  // Elsewhere these are names as others.
  await rm(join(data, 'passphrase'))
  assert.equal((await run(['wallet', 'rename', 'watcher', 'mine'])).exitCode, 0)
})

test('before a wallet is removed its unfinished business is named, and its own name has to be typed', async (t) => {
  const { data, wallets, run } = await open(t)
  const payments = join(data, 'outbox', 'payments')
  await mkdir(payments, { recursive: true })
  await writeFile(join(payments, `${address}-0123.json`), '{}')
  await writeFile(join(payments, `${accountOf('bob').address}-0123.json`), '{}')
  await writeFile(join(data, 'outbox', `1-0x00-${address}.json`), '{"version":1,"entries":[{"call":"0x"}]}')
  const offer = signOffer(accountOf('alice'), {
    give: { tokens: 1n },
    want: { tokens: 2n, asset: accountOf('gold').address },
    time: 1,
    prev: ['12'.repeat(20) as never],
  })
  await keepInBook(join(data, 'offers'), { offer, role: 'made', isSaid: true })
  const kept = await run(['wallet', 'remove', 'alice'], [['Type alice', 'yes']])
  assert.equal(kept.exitCode, 1)
  for (const words of [
    `${address}-0123.json`,
    'may still be taken',
    'may be on their way',
    'not known: node-unreachable',
  ])
    assert(kept.err.toLowerCase().includes(words.toLowerCase()), words)
  assert(!kept.err.includes(accountOf('bob').address))
  assert.match(kept.err, /nothing was removed/)
  assert.equal(failure((await run(['wallet', 'remove', 'alice', '--json'])).out), 'not-confirmed')
  assert.deepEqual(await readdir(wallets), ['alice.json'])
  assert.equal((await run(['wallet', 'remove', 'alice'], [['Type alice', 'alice']])).exitCode, 0)
  assert.deepEqual(await readdir(wallets), [])
  assert.equal(failure((await run(['wallet', 'remove', 'alice', '--yes', '--json'])).out), 'wallet-missing')
})

test('addresses of the same words are those of other programs, one after another', async (t) => {
  const { run } = await open(t)
  const addressAt = (index: number) => mnemonicToAccount(JUNK, { addressIndex: index }).address.toLowerCase()
  const input = ` ${JUNK.toUpperCase().replaceAll(' ', '\r\n')}\r\n`
  const add = async (...args: readonly string[]) =>
    JSON.parse((await run(['wallet', ...args, '--json'], undefined, { input })).out)
  assert.equal((await add('derive', '--wallet', 'early')).error.code, 'wallet-missing')
  const first = await add('import', '--wallet', 'first')
  assert.deepEqual([first.address, first.index], [addressAt(0), 0])
  assert.equal((await add('derive', '--wallet', 'second')).address, addressAt(1))
  assert.equal((await add('import', '--index', '4', '--wallet', 'fifth')).address, addressAt(4))
  const sixth = await add('derive', '--wallet', 'sixth')
  assert.deepEqual([sixth.address, sixth.index, sixth.phrase], [addressAt(5), 5, first.phrase])
  const { out } = await run(['wallet', 'list'])
  assert.match(out, new RegExp(`^sixth +0x\\w{40}  index 5 of words ${first.phrase}$`, 'm'))
  assert.match(
    (await run(['wallet', 'import', '--index', '-1', '--wallet', 'x'])).err,
    /whole number from 0 to 2147483647/,
  )
  assert.equal(
    (await add('import', '--index', '1', '--keystore', 'x.json', '--wallet', 'x')).error.code,
    'bad-arguments',
  )
})

test('a created wallet can be at any index of its words, and says which file opens it', async (t) => {
  const { run, file } = await open(t)
  const opened = await file('pass', NEW)
  const { out } = await run(
    ['wallet', 'create', '--index', '3', '--wallet', 'new', '--passphrase-file', opened, '--json'],
    undefined,
    { env: {} },
  )
  const { words, address: created, passphraseFile } = JSON.parse(out)
  assert.deepEqual(
    [created, passphraseFile],
    [mnemonicToAccount(words, { addressIndex: 3 }).address.toLowerCase(), opened],
  )
})
