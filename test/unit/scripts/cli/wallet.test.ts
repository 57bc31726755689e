// ttx wallet, as the process that people start: what it prints, what it refuses, its exit codes, and no secret anywhere.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { HDKey } from '@scure/bip32'
import { mnemonicToSeedSync } from '@scure/bip39'
import { mnemonicToAccount } from 'viem/accounts'
import { parseHex } from '../../../../node/protocol/bytes.ts'
import { checksumAddress, parseAddress } from '../../../../node/protocol/ids.ts'
import { encryptKeystore } from '../../../../node/wallet/keystore.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const TTX = fileURLToPath(new URL('../../../../scripts/ttx.mjs', import.meta.url))
const PASSPHRASE = 'a passphrase for tests'
const JUNK = 'test test test test test test test test test test test junk'
const JUNK_ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const JUNK_KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

const folder = await mkdtemp(join(tmpdir(), 'ttx-cli-'))
after(() => rm(folder, { recursive: true }))

type Outcome = { readonly exitCode: number | null; readonly out: string; readonly err: string }

/** A fresh data folder for each test, named after what it is for. */
function ttxIn(data: string) {
  return async (
    argv: readonly string[],
    input = '',
    env: Record<string, string> = { TTX_PASSPHRASE: PASSPHRASE },
  ): Promise<Outcome> => {
    const child = spawn(process.execPath, [TTX, ...argv], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, TTX_DATA: join(folder, data), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdin.on('error', () => {}) // it may end without reading
    child.stdin.end(input)
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    return { exitCode: child.exitCode, out, err }
  }
}

function assertFails({ exitCode, out, err }: Outcome, code: string, message: RegExp): void {
  assert.deepEqual({ exitCode, out }, { exitCode: 1, out: '' })
  assert.match(err, new RegExp(`^ttx: expected .* got .*; .*\\n {2}code: ${code}\\n`))
  assert.match(err, message)
}

test('create, show and list: the words come once and give the address; nothing else holds a secret', async () => {
  const ttx = ttxIn('create')
  const created = await ttx(['wallet', 'create', '--wallet', 'alice', '--json'])
  assert.deepEqual([created.exitCode, created.err], [0, ''])
  const { words, ...shown } = JSON.parse(created.out)
  const account = mnemonicToAccount(words)
  const file = join(folder, 'create', 'wallets', 'alice.json')
  assert.deepEqual(shown, {
    name: 'alice',
    address: account.address.toLowerCase(),
    publicKey: `0x${account.publicKey.slice(4)}`,
    file,
    index: 0,
    phrase: HDKey.fromMasterSeed(mnemonicToSeedSync(words)).fingerprint.toString(16).padStart(8, '0'),
  })

  const again = await ttx(['wallet', 'show', '--wallet', 'alice', '--json'])
  assert.deepEqual(JSON.parse(again.out), shown)
  const forPeople = await ttx(['wallet', 'show', '--wallet', 'alice'])
  assert.match(forPeople.out, new RegExp(`address +${checksumAddress(parseAddress(shown.address))}\n`))
  const list = await ttx(['wallet', 'list', '--json'], '', {})
  const { phrase, index } = shown
  assert.deepEqual(JSON.parse(list.out), { wallets: [{ name: 'alice', file, address: shown.address, phrase, index }] })

  const key = Buffer.from(account.getHdKey().privateKey ?? []).toString('hex')
  assert.equal(key.length, 64)
  const rest = again.out + forPeople.out + list.out + (await readFile(file, 'utf8'))
  for (const secret of [key, words, PASSPHRASE]) assert.ok(!rest.includes(secret))
  assert.ok(!created.out.includes(key))
})

test('create for people numbers the words and says that they are shown once', async () => {
  const { exitCode, out } = await ttxIn('people')(['wallet', 'create'])
  assert.equal(exitCode, 0)
  assert.match(out, /only this once:\n\n +1 [a-z]+ +2 [a-z]+ .* 12 [a-z]+\n$/s)
})

test('bad input: each says what was expected, what came and what to do, exits with 1 and changes nothing', async () => {
  const ttx = ttxIn('bad')
  const alice = ['--wallet', 'alice']
  assertFails(await ttx(['wallet', 'show', ...alice]), 'wallet-missing', /ttx wallet create/)
  assertFails(
    await ttx(['wallet', 'create', ...alice], '', { TTX_PASSPHRASE: 'short' }),
    'weak-passphrase',
    /at least 8/,
  )
  assertFails(await ttx(['wallet', 'create', ...alice], '', {}), 'passphrase-missing', /TTX_PASSPHRASE_FILE/)
  assertFails(await ttx(['wallet', 'create', '--wallet', '../evil']), 'bad-wallet-name', /a-z/)
  assertFails(await ttx(['wallet', 'import', ...alice], JUNK.replace('junk', 'jumk')), 'bad-words', /position 12/)
  assertFails(await ttx(['wallet', 'import', ...alice], 'x'.repeat(2_000)), 'input-too-long', /1024/)
  assertFails(await ttx(['wallet', 'import', ...alice, '--keystore', 'nowhere.json']), 'file-missing', /nowhere\.json/)
  assert.deepEqual(JSON.parse((await ttx(['wallet', 'list', '--json'])).out), { wallets: [] })

  const imported = await ttx(['wallet', 'import', ...alice], JUNK)
  assert.equal(imported.exitCode, 0)
  const file = join(folder, 'bad', 'wallets', 'alice.json')
  const before = await readFile(file, 'utf8')
  assertFails(
    await ttx(['wallet', 'show', ...alice], '', { TTX_PASSPHRASE: 'not the passphrase' }),
    'wrong-passphrase',
    /alice\.json/,
  )
  assertFails(await ttx(['wallet', 'create', ...alice]), 'wallet-exists', /never overwritten/)
  assertFails(await ttx(['wallet', 'import', ...alice], JUNK), 'wallet-exists', /never overwritten/)
  await writeFile(join(folder, 'bad', 'wallets', 'torn.json'), before.slice(0, 100))
  assertFails(await ttx(['wallet', 'show', '--wallet', 'torn']), 'bad-keystore', /not JSON/)
  assert.equal(await readFile(file, 'utf8'), before)
  assert.deepEqual((await readdir(join(folder, 'bad', 'wallets'))).sort(), ['alice.json', 'torn.json'])

  const json = await ttx(['wallet', 'show', ...alice, '--json'], '', { TTX_PASSPHRASE: 'not the passphrase' })
  assert.deepEqual([json.exitCode, json.err], [1, ''])
  assert.equal(JSON.parse(json.out).error.code, 'wrong-passphrase')
  assert.deepEqual(JSON.parse(json.out).error.facts, { file })
})

test('an unknown command of the real process exits with 2 and suggests the known one', async () => {
  const { exitCode, out, err } = await ttxIn('unknown')(['walet'])
  assert.deepEqual({ exitCode, out }, { exitCode: 2, out: '' })
  assert.match(err, /unknown command 'walet'.*Did you mean wallet/s)
})

test('words of other wallets give their address, whatever their case and spacing', async () => {
  const { exitCode, out, err } = await ttxIn('words')(
    ['wallet', 'import', '--json'],
    `\n ${JUNK.toUpperCase().replace(' ', '\n')} \n`,
  )
  assert.deepEqual([exitCode, err], [0, ''])
  assert.equal(JSON.parse(out).address, JUNK_ADDRESS)
  assert.ok(!out.toLowerCase().includes('junk'))
})

test('a keystore of another program comes in with its own passphrase, and then has ours', async () => {
  const ttx = ttxIn('keystore')
  const keystore = join(folder, 'UTC--x')
  const passphraseFile = join(folder, 'keystore.pass')
  await writeFile(keystore, await encryptKeystore(parseHex(JUNK_KEY), 'of the keystore', 2))
  await writeFile(passphraseFile, 'of the keystore\n')
  const argv = ['wallet', 'import', '--json', '--keystore', keystore]
  const wrong = await ttx(argv)
  assert.equal(JSON.parse(wrong.out).error.code, 'wrong-passphrase')
  const { exitCode, out } = await ttx([...argv, '--keystore-passphrase-file', passphraseFile])
  assert.equal(exitCode, 0)
  assert.equal(JSON.parse(out).address, JUNK_ADDRESS)
  assert.equal((await ttx(['wallet', 'show'])).exitCode, 0)
})

test('a passphrase file gives its one line; anything else is refused', async () => {
  const ttx = ttxIn('file')
  const file = join(folder, 'wallet.pass')
  await writeFile(file, `${PASSPHRASE}\r\n`)
  assert.equal((await ttx(['wallet', 'import'], JUNK, { TTX_PASSPHRASE_FILE: file })).exitCode, 0)
  assert.equal((await ttx(['wallet', 'show'])).exitCode, 0)
  assert.equal(
    (await ttx(['wallet', 'show', '--passphrase-file', file], '', { TTX_PASSPHRASE: 'overridden by the flag' }))
      .exitCode,
    0,
  )
  const cases: [string, RegExp][] = [
    ['', /an empty file/],
    ['one\ntwo\n', /several lines/],
    ['x'.repeat(5_000), /more than 4096 bytes/],
  ]
  for (const [content, message] of cases) {
    await writeFile(file, content)
    assertFails(await ttx(['wallet', 'show', '--passphrase-file', file], '', {}), 'bad-passphrase-file', message)
  }
  assertFails(
    await ttx(['wallet', 'show', '--passphrase-file', `${file}.not`], '', {}),
    'bad-passphrase-file',
    /ENOENT/,
  )
})

test('at a terminal a new passphrase is asked for twice and an old one once, hidden', async () => {
  const at = async (argv: readonly string[], answers: readonly [question: string, answer: string][]) => {
    const shell = fakeShell({ folder, isTTY: true, env: { TTX_DATA: join(folder, 'terminal') } })
    const running = runCli(argv, shell)
    for (const [question, answer] of answers) {
      await shell.seen(question)
      shell.stdin.write(`${answer}\r`)
    }
    const exitCode = await running
    for (const [, answer] of answers) assert.ok(!(shell.out() + shell.err()).includes(answer))
    return { exitCode, out: shell.out(), err: shell.err() }
  }
  const words: [string, string] = ['Words', JUNK]
  const differ = await at(
    ['wallet', 'import'],
    [words, ['New passphrase', PASSPHRASE], ['The same again', 'another passphrase']],
  )
  assert.equal(differ.exitCode, 1)
  assert.match(differ.err, /code: passphrases-differ/)
  const imported = await at(
    ['wallet', 'import'],
    [words, ['New passphrase', PASSPHRASE], ['The same again', PASSPHRASE]],
  )
  assert.equal(imported.exitCode, 0)
  const shown = await at(['wallet', 'show', '--json'], [['Passphrase of wallet "default"', PASSPHRASE]])
  assert.equal(JSON.parse(shown.out).address, JUNK_ADDRESS)
})

test('a wallet whose words nobody could read is said to have none, by an exit code too; what else is not read ends quietly', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'ttx-unread-'))
  t.after(() => rm(data, { recursive: true, force: true }))

  const run = async (command: string, to: string) => {
    const child = spawn('bash', ['-c', `"$0" "$1" --data "$2" wallet ${command} ${to}`, process.execPath, TTX, data], {
      env: { PATH: process.env['PATH'], TTX_PASSPHRASE: 'four random words' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy() // closes the pipe: nobody reads
    const err = child.stderr.toArray()
    const [exitCode] = await once(child, 'close')
    return { exitCode, err: `${Buffer.concat(await err)}` }
  }
  for (const [name, to] of [
    ['unread', ''],
    ['full', '> /dev/full'],
  ] as const) {
    const { exitCode, err } = await run(`create --wallet ${name}`, to)
    assert.equal(exitCode, 74, err)
    assert.match(err, new RegExp(`expected to show the words of wallet "${name}".*ttx wallet remove ${name}`))
    assert((await readdir(join(data, 'wallets'))).includes(`${name}.json`))
  }
  assert.deepEqual(await run('list', ''), { exitCode: 0, err: '' })
})
