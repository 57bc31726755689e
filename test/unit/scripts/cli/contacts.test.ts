// ttx contact: names for addresses of others, and what must not become one.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Address, checksumAddress } from '../../../../node/protocol/ids.ts'
import { saveWallet } from '../../../../node/wallet/wallet-folder.ts'
import { accountOf } from '../../../../scripts/assure/models/world.ts'
import { contactsFile } from '../../../../scripts/cli/contacts/book.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { addressOf } from '../../../../scripts/cli/whose.ts'
import { takeLock } from '../../../../scripts/lock.ts'
import { fakeShell } from '../../../support/fake-shell.ts'

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => accountOf(name)) as [
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
]

async function open(t: TestContext) {
  const data = await mkdtemp(join(tmpdir(), 'ttx-contacts-'))
  t.after(() => rm(data, { recursive: true }))
  const saved = await saveWallet(join(data, 'wallets'), 'alice', alice.key, 'four random words', { scryptN: 2 })
  saved[Symbol.dispose]()
  const run = async (...args: readonly string[]) => {
    const shell = fakeShell({ folder: data })
    const exitCode = await runCli(['contact', ...args, '--data', data], shell)
    return { exitCode, out: shell.out(), err: shell.err() }
  }
  const json = async (...args: readonly string[]) => JSON.parse((await run(...args, '--json')).out)
  const whose = (name: string): Promise<Address> =>
    addressOf({ folder: { root: data, wallets: join(data, 'wallets') } } as Parameters<typeof addressOf>[0], name)
  return { data, file: contactsFile(data), run, json, whose }
}

test('a contact is added, listed, renamed and removed, in a file that only its owner reads', async (t) => {
  const { file, run, json, whose } = await open(t)
  assert.deepEqual(await json('list'), { contacts: [] })
  assert.deepEqual(await json('add', 'bob', checksumAddress(bob.address)), {
    name: 'bob',
    address: bob.address,
    warnings: [],
  })
  await json('add', 'carol', carol.address)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.match((await run('list')).out, new RegExp(`^bob    ${checksumAddress(bob.address)}$`, 'm'))
  assert.equal(await whose('bob'), bob.address)
  assert.deepEqual(await json('rename', 'bob', 'bob-shop'), { from: 'bob', name: 'bob-shop', address: bob.address })
  assert.equal(
    (await json('rename', 'bob-shop', 'bob_shop')).name,
    'bob_shop',
    'its own old name is none that it imitates',
  )
  await assert.rejects(whose('bob'), /contacts: bob_shop, carol/)
  assert.deepEqual(await json('remove', 'bob_shop'), { name: 'bob_shop', address: bob.address, removed: true })
  assert.deepEqual(await json('list'), { contacts: [{ name: 'carol', address: carol.address }] })
  for (const args of [
    ['remove', 'bob'],
    ['rename', 'bob', 'x'],
  ])
    assert.equal((await json(...args)).error.code, 'contact-missing')
})

test('names that are taken, that read like another one, or that could be an address or an id are refused', async (t) => {
  const { json } = await open(t)
  await json('add', 'carol', carol.address)
  for (const name of ['alice', 'carol'])
    assert.equal((await json('add', name, bob.address)).error.code, 'contact-exists')
  for (const name of [
    'a1ice',
    'al-ice',
    'car0l',
    'Bob',
    'bo b',
    '',
    'böb',
    '../bob',
    '0xbob',
    'deadbeef',
    bob.address,
    bob.address.slice(2),
    'x'.repeat(33),
  ])
    assert.equal((await json('add', name, bob.address)).error.code, 'bad-contact-name', name)
  assert.equal((await json('rename', 'carol', 'a1ice')).error.code, 'bad-contact-name')
  assert.equal((await json('rename', 'carol', 'alice')).error.code, 'contact-exists')
})

test('an address with a wrong digit, of nobody, or that is none is refused', async (t) => {
  const { json } = await open(t)
  const right = checksumAddress(bob.address)
  const flipped = right.replace(/[a-f]/, (digit) => digit.toUpperCase())
  assert.notEqual(flipped, right)
  for (const text of [flipped, right.slice(0, -1), `0x${'0'.repeat(40)}`, 'vitalik.eth', ''])
    assert.equal((await json('add', 'bob', text)).error.code, 'bad-address', text)
  assert.deepEqual(await json('list'), { contacts: [] })
})

test('whoever gives a name to an address that looks like a known one, or is one, is told', async (t) => {
  const { json } = await open(t)
  const twin = `${bob.address.slice(0, 6)}${'0'.repeat(32)}${bob.address.slice(-4)}`
  await json('add', 'bob', bob.address)
  assert.match((await json('add', 'shop', twin)).warnings[0], /begins and ends like contact "bob"/)
  assert.deepEqual((await json('add', 'myself', alice.address)).warnings, ['wallet "alice" has this address too'])
})

test('a name that a wallet got later is nobody: no money goes by it', async (t) => {
  const { data, json, whose } = await open(t)
  await json('add', 'bob', bob.address)
  const saved = await saveWallet(join(data, 'wallets'), 'bob', carol.key, 'four random words', { scryptN: 2 })
  saved[Symbol.dispose]()
  await assert.rejects(whose('bob'), /got "bob", which is a wallet of yours at .* and a contact at/)
})

test('a damaged file of contacts is one sentence, and is left as it is', async (t) => {
  const { file, run, json } = await open(t)
  const one = { name: 'bob', address: bob.address }
  for (const [text, problem] of [
    ['', /not JSON/],
    ['{"version":1,"contacts":[{"name":"bob"}]}', /contacts\.0\.address/],
    [JSON.stringify({ version: 1, contacts: [one, one] }), /each name once/],
    [JSON.stringify({ version: 2, contacts: [] }), /version/],
    [JSON.stringify({ version: 1, contacts: [{ ...one, address: bob.address.replace('0x', '0X') }] }), /address/],
    [Uint8Array.of(0xff, 0xfe), /no text/],
  ] as const) {
    await writeFile(file, text)
    const { exitCode, err } = await run('add', 'carol', carol.address)
    assert.equal(exitCode, 65, err)
    assert.match(err, /^ttx: expected the contacts in .*\n {2}code: contacts-damaged\n/)
    assert.match(err, problem)
    assert.deepEqual(
      new Uint8Array(await readFile(file)),
      typeof text === 'string' ? new TextEncoder().encode(text) : text,
    )
  }
  await writeFile(file, ' '.repeat(1_048_577))
  assert.equal((await json('list')).error.code, 'file-too-long')
})

test('of two commands at once one waits for no answer and loses nothing', async (t) => {
  const { data, json } = await open(t)
  {
    await using _other = await takeLock(data, 'contacts')
    assert.equal((await json('add', 'bob', bob.address)).error.code, 'already-runs')
  }
  await Promise.all([json('add', 'bob', bob.address), json('add', 'carol', carol.address)])
  const { contacts } = await json('list')
  assert(contacts.length >= 1 && contacts.every(({ name }: { name: string }) => ['bob', 'carol'].includes(name)))
})

test('a name that a contact has and a wallet whose file is damaged is refused: which of them is meant is not known', async (t) => {
  const { data, run, whose } = await open(t)
  for (const [name, { address }] of [
    ['shop', bob],
    ['rent', carol],
  ] as const)
    assert.equal((await run('add', name, address)).exitCode, 0)
  await writeFile(join(data, 'wallets', 'shop.json'), '{"version":3')
  await assert.rejects(whose('shop'), { code: 'bad-address', message: /whose file names no address/ })
  assert.equal(await whose('rent'), carol.address)
})
