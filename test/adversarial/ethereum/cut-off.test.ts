// Attacked: a user whose command is killed (kill -9, a power cut) between the receipt of what it sent and the words that say so.
// What must hold: the same command, run again, finds it done and says so with its ids; only after that was told is the same a second one.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { deposit } from '../../../node/client/ethereum/deposit.ts'
import { force } from '../../../node/client/ethereum/force.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { Outbox } from '../../../node/ethereum/sending/outbox.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { giveTokens } from '../../support/chain/give-tokens.ts'
import { log } from '../../support/log.ts'
import { holder, Stage } from '../../support/stage.ts'

const AMOUNT = 1_000_000n
const DEPTH = 65

test('a deposit is burned once, however often its command is killed before it says so, and a second time on purpose', async (t) => {
  const { stage, open, user, entries } = await begin(t)
  await giveTokens(stage, user, 10n * AMOUNT)
  const cut = await deposit(await open(), AMOUNT, user)
  assert.equal(cut.isEarlier, false)
  await stage.anvil.client.mine({ blocks: DEPTH })
  assert.equal((await deposit(await open(), AMOUNT + 1n, user)).isEarlier, false, 'another amount is another deposit')
  const again = await deposit(await open(), AMOUNT, user)
  assert.deepEqual(
    [again.isEarlier, again.infohash, again.index, again.transaction],
    [true, cut.infohash, cut.index, cut.transaction],
  )
  const told = await deposit(await open(), AMOUNT, user)
  assert.equal(told.isEarlier, true, 'what was found done and not told of is still untold')
  assert.equal(await entries(), 2n)
  await told.acknowledge()
  const second = await deposit(await open(), AMOUNT, user)
  assert.deepEqual([second.isEarlier, second.index], [false, 2n])
  assert.equal(await entries(), 3n)
})

test('a deposit that nobody was told of and that a reorganisation takes back is put in again, not made anew', async (t) => {
  const { stage, open, user, entries } = await begin(t)
  await giveTokens(stage, user, 10n * AMOUNT)
  const cut = await deposit(await open(), AMOUNT, user)
  await stage.anvil.client.request({ method: 'anvil_rollback', params: [1] } as never)
  assert.equal(await entries(), 0n)
  const again = await deposit(await open(), AMOUNT, user)
  assert.deepEqual([again.isEarlier, again.transaction], [true, cut.transaction])
  assert.equal(await entries(), 1n)
})

test('a transaction is forced and paid for once, also where its block has come before the second try', async (t) => {
  const { stage, open, entries } = await begin(t)
  const { definition } = stage
  const prev = [genesisInfohash(definition.genesis)]
  const parent = pay(holder, { to: accountOf('one').address, tokens: 5n, time: 1, prev }, definition.rules)
  const child = pay(
    holder,
    { to: accountOf('two').address, tokens: 5n, time: 2, prev: [parent.infohash] },
    definition.rules,
  )
  let status = 'accepted'
  const answers: Record<string, () => unknown> = {
    node_info: () => ({ network: definition.rules }),
    tx_get: () => ({ status, file: child.file }),
    proof_export: () => ({ files: [parent.file] }),
  }
  // Of a node, what is asked about this one transaction.
  const node = { url: 'http://node', call: async (method: string) => answers[method]?.() } as unknown as NodeClient
  const cut = await force(node, await open(), child.infohash)
  status = 'ordered'
  const again = await force(node, await open(), child.infohash)
  assert.deepEqual([cut.isEarlier, again.isEarlier], [false, true])
  assert.deepEqual(
    again.entries.map(({ index, infohash }) => [index, infohash]),
    [
      [0n, parent.infohash],
      [1n, child.infohash],
    ],
  )
  assert.deepEqual([again.transaction, again.entries], [cut.transaction, cut.entries])
  assert.equal(await entries(), 2n)
  await again.acknowledge()
  await assert.rejects(force(node, await open(), child.infohash), { code: 'nothing-to-force' })
})

async function begin(t: TestContext) {
  const stage = await Stage.open(t)
  const file = join(await stage.folder(), 'outbox.json')
  const signer = await stage.signer()
  /** As the next command of the same user opens it. */
  const open = async () => {
    const outbox = new Outbox(file)
    await outbox.load()
    const { ethereum } = stage.sender(signer)
    return new TransactionSender({ ethereum, log, now: Date.now, outbox }, { confirmations: 1, pollMs: 20 })
  }
  const user = (await open()).ethereum.account
  const entries = async () =>
    BigInt(
      (await stage.anvil.client.getContractEvents({ ...stage.bridge, fromBlock: 0n })).filter(
        ({ eventName }) => eventName === 'Deposited' || eventName === 'Forced',
      ).length,
    )
  return { stage, open, user, entries }
}
