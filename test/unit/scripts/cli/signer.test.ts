// --signer: payments, requests and offers that a wallet elsewhere signs, and signers that lie, refuse, stall or are not there.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checksumAddress } from '../../../../node/protocol/ids.ts'
import { interrupted } from '../../../../scripts/cli/failure.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import {
  type Conduct,
  Failure,
  signPrefixed,
  signWith,
  startSigner,
  typed,
  withHighS,
} from '../../../support/lying-signer.ts'
import { alice, bob, carol, openTown } from './town.ts'

const UNIT = 10n ** 18n
const only = (change: (signature: `0x${string}`, data: ReturnType<typeof typed>) => unknown): Conduct => {
  return async ({ method, params }, honest) => {
    const result = await honest()
    return method === 'eth_signTypedData_v4' ? await change(result as `0x${string}`, typed(params[1])) : result
  }
}

test('payments, requests, issuances, offers and takes are signed elsewhere, and no wallet of the folder is opened', async (t) => {
  const { json, balanceOf } = await openTown(t)
  const { url, asked } = await startSigner(t, [alice])
  const signed = (...args: readonly string[]) => json(...args, '--signer', url, '--wallet', 'nobody')
  const paid = await signed('send', '50', 'bob', '--memo', 'for lunch')
  assert.deepEqual([paid.from, paid.status], [alice.address, 'accepted'])
  assert.equal(await balanceOf(bob.address), 50n * UNIT)
  assert.equal((await signed('bridge', '100')).status, 'accepted')
  const { asset } = await signed('asset', 'issue', 'GOLD', '100')
  const offer = await signed('offer', 'create', '--give', '5', '--give-asset', asset, '--want', '2', '--unfinal')
  const taker = await startSigner(t, [bob])
  const taken = await json('offer', 'take', offer.offer, '--yes', '--unfinal', '--signer', taker.url)
  assert.deepEqual([taken.maker, taken.taker], [alice.address, bob.address])
  const again = await signed('offer', 'create', '--give', '5', '--give-asset', asset, '--want', '2', '--unfinal')
  assert.equal((await signed('offer', 'withdraw', again.offer)).error, undefined)
  const forms = [...asked, ...taker.asked].flatMap(({ method, params }) =>
    method === 'eth_signTypedData_v4' ? [typed(params[1]).primaryType] : [],
  )
  assert.deepEqual([...new Set(forms)].sort(), ['AssetTransaction', 'Issuance', 'Offer', 'Take', 'Transaction'])
})

test("a signer with Clef's names, one that ends signatures with the parity, and one behind a password all will do", async (t) => {
  const { json } = await openTown(t)
  const clef = await startSigner(t, [], async ({ method, params }) => {
    if (method === 'account_list') return [alice.address]
    if (method !== 'account_signTypedData') return new Failure(-32_601, 'the method does not exist')
    assert.equal(typeof params[1], 'object')
    return await signWith(alice, typed(params[1]))
  })
  assert.equal((await json('send', '1', 'bob', '--signer', clef.url)).status, 'accepted')
  const device = await startSigner(
    t,
    [alice],
    only((signature) =>
      `${signature.slice(0, -2)}0${signature.endsWith('1b') ? 0 : 1}`.toUpperCase().replace('0X', '0x'),
    ),
  )
  assert.equal((await json('send', '2', 'bob', '--signer', device.url)).status, 'accepted')
  const locked = await startSigner(t, [alice])
  const { status } = await json('send', '3', 'bob', '--signer', locked.url.replace('//', '//me:pa%20ss@'))
  assert.deepEqual([status, locked.asked[0]?.authorization], ['accepted', `Basic ${btoa('me:pa ss')}`])
})

for (const [how, conduct] of [
  ['a signature by another key', only((_signature, data) => signWith(bob, data))],
  [
    'a signature of another amount',
    only((_signature, data) => signWith(alice, { ...data, message: { ...data.message, tokens: '1' } })),
  ],
  [
    'a signature of another payee',
    only((_signature, data) => signWith(alice, { ...data, message: { ...data.message, to: carol.address } })),
  ],
  [
    'a signature of another domain',
    only((_signature, data) => signWith(alice, { ...data, domain: { ...data.domain, version: '2' } })),
  ],
  ['a signature with a prefix', only((_signature, data) => signPrefixed(alice, data))],
  ['the same signature with high s', only((signature) => withHighS(signature))],
  ['a signature of 64 bytes (EIP-2098)', only((signature) => signature.slice(0, -2))],
  ['a signature without 0x', only((signature) => signature.slice(2))],
  ['zeros', only(() => `0x${'00'.repeat(65)}`)],
  ['a v of 29', only((signature) => `${signature.slice(0, -2)}1d`)],
  ['nothing', only(() => null)],
  ['a number', only(() => 7)],
] as const) {
  test(`${how} is refused, and nothing is sent or kept`, async (t) => {
    const { json, run, balanceOf } = await openTown(t)
    const { url } = await startSigner(t, [alice], conduct)
    const { error } = await json('send', '50', 'bob', '--signer', url)
    assert.equal(error?.code, 'bad-signature')
    assert.equal(await balanceOf(bob.address), 0n)
    const honest = await json('send', '50', 'bob')
    assert.equal(honest.earlier, false, 'it was not kept as a payment under way')
    assert.match(
      (await run(['send', '50', 'bob', '--signer', url])).err,
      /^ttx: expected .* from the signer at http:\/\/127\.0\.0\.1:\d+, got .*; nothing was sent/,
    )
  })
}

test('a refusal is told as one, in the words of the signer', async (t) => {
  const { json } = await openTown(t)
  for (const failure of [new Failure(4_001, 'User rejected the request'), new Failure(-32_000, 'Request denied')]) {
    const { url } = await startSigner(t, [alice], async ({ method }, honest) =>
      method === 'eth_accounts' ? await honest() : failure,
    )
    const { error } = await json('send', '50', 'bob', '--signer', url)
    assert.equal(error.code, 'signer-refused')
    assert(error.message.includes(JSON.stringify(failure.error.message)))
  }
})

test('accounts are chosen only where there is one, or one is named, and what is no list of them is refused', async (t) => {
  const { json } = await openTown(t)
  const both = await startSigner(t, [bob, alice])
  assert.match(
    (await json('send', '1', 'bob', '--signer', both.url)).error.message,
    /got 2: it has .*name one with --account/,
  )
  const named = await json('send', '1', 'bob', '--signer', both.url, '--account', checksumAddress(alice.address))
  assert.equal(named.from, alice.address)
  assert.match(
    (await json('send', '1', 'bob', '--signer', both.url, '--account', carol.address)).error.message,
    /got others/,
  )
  assert.equal((await json('send', '1', 'bob', '--account', alice.address)).error.code, 'bad-setting')
  for (const result of [
    [],
    null,
    'x',
    [1],
    ['0x12'],
    [alice.address.replace('0x', '')],
    Array(1_001).fill(alice.address),
  ]) {
    const { url } = await startSigner(t, [alice], async () => result)
    assert.equal(
      (await json('send', '1', 'bob', '--signer', url)).error.code,
      'bad-signer',
      JSON.stringify(result)?.slice(0, 60),
    )
  }
})

test('what is no signer, is away, or answers without end is an error, and no secret of its URL is shown', async (t) => {
  const { json, run } = await openTown(t)
  const cases: readonly (readonly [Conduct, string])[] = [
    [async () => Buffer.from('<html>'), 'signer-unreachable'],
    [async () => Buffer.alloc(300_000, ' '), 'signer-unreachable'],
    [async () => new Failure(-32_601, 'Method not found'), 'bad-signer'],
    [async () => new Failure(-32_603, 'broken'), 'bad-signer'],
  ]
  for (const [conduct, code] of cases) {
    const { url } = await startSigner(t, [alice], conduct)
    const { out, err } = await run(['send', '1', 'bob', '--json', '--signer', url.replace('//', '//me:secret@')])
    assert.equal(JSON.parse(out).error.code, code)
    assert(!(out + err).includes('secret'))
  }
  assert.equal((await json('send', '1', 'bob', '--signer', 'http://127.0.0.1:9')).error.code, 'signer-unreachable')
  assert.match(
    (await json('send', '1', 'bob', '--signer', 'http://192.0.2.1:8545')).error.message,
    /a signer on this machine, or one that is reached by https/,
  )
  assert.match((await run(['send', '1', 'bob', '--signer', 'ftp://x'])).err, /http:\/\/ or https:\/\//)
})

test('a person may think as long as they like, and Ctrl-C ends the waiting with nothing sent', async (t) => {
  const { node, folder, balanceOf } = await openTown(t)
  const [isAsked, isThought] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { url } = await startSigner(t, [alice], async ({ method }, honest) => {
    if (method !== 'eth_accounts') {
      isAsked.resolve()
      await isThought.promise
    }
    return await honest()
  })
  const send = () => {
    const shell = fakeShell({ folder })
    return {
      shell,
      ending: runCli(['send', '1', 'bob', '--signer', url, '--node', node.rpcUrl, '--data', folder], shell),
    }
  }
  const first = send()
  await isAsked.promise
  first.shell.controller.abort(interrupted())
  assert.equal(await first.ending, 130)
  assert.equal(await balanceOf(bob.address), 0n)
  const second = send()
  isThought.resolve()
  assert.equal(await second.ending, 0)
  assert.equal(await balanceOf(bob.address), UNIT)
})

test('what is sent on Ethereum is not left to a signer', async (t) => {
  const { node, folder } = await openTown(t)
  const shell = fakeShell({
    folder,
    env: { TTX_PASSPHRASE: 'four random words here', TTX_SIGNER: 'http://127.0.0.1:9' },
  })
  await runCli(
    [
      'deposit',
      '5',
      '--json',
      '--node',
      node.rpcUrl,
      '--data',
      folder,
      '--wallet',
      'alice',
      '--ethereum',
      'http://127.0.0.1:9',
    ],
    shell,
  )
  const { error } = JSON.parse(shell.out())
  assert.deepEqual([error.code, /signs on the TTX side only/.test(error.message)], ['bad-setting', true])
})
