// What was paid for gas: on disk before it leaves, counted once whatever is restarted, replaced or reorganised.

import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Expenses } from '../../../../miner/money/expenses.ts'
import type { Receipt } from '../../../../node/ethereum/reader.ts'
import { type Hash, toHash } from '../../../../node/protocol/ids.ts'
import { toGasPrice, toWei } from '../../../../node/protocol/units.ts'

const PRICE = 3n

test('a transaction costs what its receipt says, its blobs too, and one that is in no block costs nothing', async (t) => {
  const { expenses } = await open(t)
  await expenses.sign({ nonce: 0, hash: id(1) })
  await expenses.sign({ nonce: 1, hash: id(2) })
  assert.equal(expenses.paid, 0n)
  await expenses.pay(receipt(1, 10n, 100n))
  assert.equal(expenses.paid, 300n)
  await expenses.pay({ ...receipt(2, 11n, 100n), blobCost: toWei(7n) })
  assert.equal(expenses.paid, 607n)
})

test('what others sent from the account is not an expense of the miner', async (t) => {
  const { expenses } = await open(t)
  await expenses.pay(receipt(1, 10n, 100n))
  assert.equal(expenses.paid, 0n)
})

test('what a killed process had sent is counted by the next one, once', async (t) => {
  const { expenses, file } = await open(t)
  await expenses.sign({ nonce: 4, hash: id(1) })
  const again = await reopen(file)
  const chain = chainOf([receipt(1, 10n, 100n)])
  await again.follow(chain, 12n)
  assert.equal(again.paid, 300n)
  await again.pay(receipt(1, 10n, 100n))
  await again.follow(chain, 13n)
  assert.equal((await reopen(file)).paid, 300n)
})

test('of a transaction and its replacements the one that is in a block counts, and the same hash twice is one', async (t) => {
  const { expenses, file } = await open(t)
  for (const n of [1, 2, 2, 3]) await expenses.sign({ nonce: 4, hash: id(n) })
  await (await reopen(file)).follow(chainOf([receipt(2, 10n, 100n)]), 12n)
  assert.equal((await reopen(file)).paid, 300n)
})

test('a receipt that a reorganisation took away, or put elsewhere, counts as it is at last', async (t) => {
  const { expenses } = await open(t)
  await expenses.sign({ nonce: 4, hash: id(1) })
  await expenses.sign({ nonce: 5, hash: id(2) })
  await expenses.pay(receipt(1, 10n, 100n))
  await expenses.pay(receipt(2, 10n, 1_000n))
  assert.equal(expenses.paid, 3_300n)
  // The first is cheaper in its new block, and another transaction has the nonce of the second.
  await expenses.follow(chainOf([receipt(1, 20n, 50n)], 6), 74n)
  assert.equal(expenses.paid, 150n)
})

test('what is too deep to be reorganised is asked for no more, and stays counted over restarts', async (t) => {
  const { expenses, file } = await open(t)
  await expenses.sign({ nonce: 4, hash: id(1) })
  await expenses.pay(receipt(1, 10n, 100n))
  const asked: Hash[] = []
  const chain = chainOf([receipt(1, 10n, 100n)], 5, asked)
  await expenses.follow(chain, 73n)
  assert.deepEqual(asked, [], 'it is not deep yet, and was seen')
  await expenses.follow(chain, 74n)
  assert.deepEqual(asked, [id(1)])
  await expenses.follow(chain, 75n)
  assert.equal(asked.length, 1)
  assert.equal(expenses.paid, 300n)
  assert.equal((await reopen(file)).paid, 300n)
})

test('a transaction that never left is forgotten once another has had its nonce for long', async (t) => {
  const { expenses, file } = await open(t)
  await expenses.sign({ nonce: 4, hash: id(1) })
  const asked: Hash[] = []
  await expenses.follow(chainOf([], 4, asked), 100n)
  await expenses.follow(chainOf([], 5, asked), 101n)
  await (await reopen(file)).follow(chainOf([], 5, asked), 102n)
  assert.equal(asked.length, 2)
})

test('the file is of its owner only, and one that is damaged is told', async (t) => {
  const { expenses, file } = await open(t)
  await expenses.sign({ nonce: 4, hash: id(1) })
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  await writeFile(file, '{"version":1,"closed":"-1","open":[]}')
  await assert.rejects(reopen(file), { code: 'expenses-damaged' })
})

async function open(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-expenses-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'money', 'expenses.json')
  return { file, expenses: await reopen(file) }
}

async function reopen(file: string): Promise<Expenses> {
  const expenses = new Expenses(file)
  await expenses.load()
  return expenses
}

/** `used`: how many nonces are used in deep blocks. `asked` gets each hash whose receipt is asked for. */
function chainOf(receipts: readonly Receipt[], used = 0, asked: Hash[] = []) {
  return {
    receipt: async (hash: Hash) => {
      asked.push(hash)
      return receipts.find((each) => each.hash === hash)
    },
    nonce: async () => used,
  }
}

function receipt(n: number, block: bigint, gasUsed: bigint): Receipt {
  return { hash: id(n), success: true, block, gasUsed, gasPrice: toGasPrice(PRICE) }
}

function id(n: number): Hash {
  return toHash(new Uint8Array(32).fill(n))
}
