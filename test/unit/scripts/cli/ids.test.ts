// Ids of every kind: told apart by their form, refused with what was expected and what came, and looked up where forms do not tell.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readId } from '../../../../node/client/any-id.ts'
import { OperationError } from '../../../../node/errors.ts'
import { parseAddress, parseHash, parseInfohash } from '../../../../node/protocol/ids.ts'
import { EXAMPLES } from '../../../../node/rpc/examples.ts'
import { parseIdOf } from '../../../../scripts/cli/ids/id-argument.ts'
import { runCli } from '../../../../scripts/cli/program.ts'
import { fakeShell } from '../../../support/fake-shell.ts'
import { serve } from '../../../support/rpc/serve.ts'

const infohash = parseInfohash('c12fe1c06bba254a9dc9f519b335aa7c1367a88a')
const base32 = 'YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK'
const digits = '70997970c51812dc3a010c7d01b50e0d17dc79c8'
const hash = parseHash(`0x${'5a'.repeat(32)}`)

test('each kind is known by its form, however it lies in the clipboard', () => {
  const isInfohash = { kind: 'infohash', infohash }
  for (const text of [infohash, infohash.toUpperCase(), ` ${infohash}\n`, base32, `magnet:?dn=x&xt=urn:btih:${base32}`])
    assert.deepEqual(readId(text), isInfohash, text)
  assert.deepEqual(readId(base32.toLowerCase()), { kind: 'name', name: base32.toLowerCase(), infohash })
  for (const text of [hash, hash.slice(2), hash.toUpperCase().replace('0X', '0x')])
    assert.deepEqual(readId(text), { kind: 'hash', hash }, text)
  const account = { kind: 'account', address: parseAddress(`0x${digits}`), infohash: parseInfohash(digits) }
  assert.deepEqual(readId(`0x${digits}`), account)
  assert.deepEqual(readId('0x70997970C51812dc3A010C7d01b50e0d17dc79C8'), account)
  assert.deepEqual(readId('alice'), { kind: 'name', name: 'alice' })
  for (const text of ['', 'Alice', `${infohash}0`, 'magnet:?dn=x']) assert.equal(readId(text), undefined, text)
  assert.throws(() => readId('0x70997970c51812dc3A010C7d01b50e0d17dc79C8'), /EIP-55/)
})

test('an id of another kind is refused with the kinds that are expected, and with what was given', () => {
  const refusals = [
    [
      parseIdOf('block'),
      infohash,
      /Expected the id of a block .*; got "c12f.*", an infohash\. "ttx block list" shows them\./,
    ],
    [parseIdOf('transaction'), hash, /Expected an infohash .*; got "0x5a.*", which is as long as the id of a block or/],
    [parseIdOf('block', 'ethereum'), 'alice', /Expected the id of a block .* or the hash of a transaction of Ethereum/],
    [parseIdOf('transaction', 'account'), '%', /Expected an infohash .* or an address .*; got "%"\./],
  ] as const
  for (const [parse, text, words] of refusals) assert.throws(() => parse(text), words, text)
  assert.equal(parseIdOf('transaction')(`0x${digits}`).kind, 'account')
})

/** `status` of a node that has one block, and knows one transaction. */
async function open(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-ids-'))
  t.after(() => rm(folder, { recursive: true }))
  const block = EXAMPLES.bridge_block.result
  const { file: _file, ...unknown } = { ...EXAMPLES.tx_get.result, status: 'unknown' as const, block: undefined }
  const known = EXAMPLES.tx_where.result
  const { elsewhere: _elsewhere, unread: _unread, bridging: _bridging, ...record } = known
  const url = await serve(t, {
    node_info: async () => EXAMPLES.node_info.result,
    tx_get: async (params) => (params.infohash === known.infohash ? record : { ...unknown, infohash: params.infohash }),
    tx_where: async () => known,
    bridge_block: async ({ id }) => {
      if (id === block.id) return block
      throw new OperationError('unknown-block', 'no such block', { facts: { block: id } })
    },
    account_balance: async () => EXAMPLES.account_balance.result,
    account_assets: async () => ({ assets: [] }),
    account_history: async () => ({
      transactions: [
        { ...record, status: 'ordered' },
        { ...record, status: 'final' },
      ],
    }),
  })
  const run = async (...args: readonly string[]) => {
    const shell = fakeShell({ folder })
    const exitCode = await runCli([...args, '--json', '--data', folder, '--node', url], shell)
    return { exitCode, ...JSON.parse(shell.out()) }
  }
  return { run, block: block.id, known: known.infohash }
}

test('status says of each kind what it is', async (t) => {
  const { run, block, known } = await open(t)
  assert.equal((await run('status', block)).height, '1')
  assert.equal((await run('status', known)).infohash, known)
  assert.equal((await run('status', `0x${known}`)).infohash, known, 'an infohash with 0x in front')
  const account = await run('status', `0x${digits}`)
  assert.deepEqual([account.owner, account.spendable], [`0x${digits}`, '930'])
  assert.deepEqual(
    account.open.map(({ status }: { status: string }) => status),
    ['ordered'],
  )
  assert.equal((await run('status', 'alice')).error.code, 'bad-address')
})

test('what nobody knows is an error, and so is a block where a transaction is meant', async (t) => {
  const { run, block } = await open(t)
  const unknown = await run('status', hash)
  assert.deepEqual([unknown.exitCode, unknown.error.code], [1, 'unknown-id'])
  assert.match(unknown.error.message, /no such block, and there is no endpoint of Ethereum .*--ethereum/)
  for (const command of [['wait'], ['tx', 'show'], ['proof', 'export']]) {
    const other = await run(...command, block)
    assert.deepEqual([other.exitCode, other.error.code], [1, 'other-id'], command.join(' '))
    assert.match(other.error.message, new RegExp(`see "ttx block show ${block}"`))
  }
  assert.deepEqual([(await run('status', 'No Id')).exitCode, (await run('block', 'show', infohash)).exitCode], [2, 2])
})
