// A miner is killed at every moment of a publication, and at random ones: started again it goes on, and no block comes twice.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Journal } from '../../../miner/journal.ts'
import { Expenses } from '../../../miner/money/expenses.ts'
import { ROWS, type Rows } from '../../../miner/rows-choice.ts'
import { summariseBlocks } from '../../../miner/status.ts'
import type { NodeClient } from '../../../node/client/rpc.ts'
import { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { formatHex } from '../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { accountOf, randomOf } from '../../../scripts/assure/models/world.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'
import { type CrashPlan, MOMENTS, type Moment } from './crashing-miner.ts'

const COINS = 10n ** 21n
const SCRIPT = fileURLToPath(new URL('./crashing-miner.ts', import.meta.url))

const kzg = new KzgPool()
after(() => kzg.stop())

for (const rows of ROWS) {
  test(`killed at any moment of a publication in ${rows}, a miner publishes the same block once and no other`, async (t) => {
    const scene = await open(t, rows)
    for (const [i, moment] of MOMENTS.entries()) {
      await scene.request(i)
      if (moment !== 'never') assert.equal(await scene.run(moment, i + 1), 'SIGKILL', moment)
      assert.equal(await scene.run('never', i + 1), 0, `after being killed ${moment}`)
      assert.equal(await scene.publications(), i + 1, `killed ${moment}`)
      await scene.stage.skip(3_600n)
    }
    assert.equal(await scene.transactions(), MOMENTS.length, 'each publication took one transaction')
    const { counted, gone } = await scene.money()
    assert.equal(counted, gone, 'gas and bonds are counted to the last wei')
  })
}

test('killed at random, a miner ends up with each request in exactly one block', async (t) => {
  const seed = 5
  t.diagnostic(`seed ${seed}`)
  const random = randomOf(seed)
  const scene = await open(t)
  for (let i = 0; i < 4; i++) {
    const infohash = await scene.request(i)
    for (let kill = 0; kill < 3; kill++) await scene.killAfter(Math.floor(400 + random() * 500), i + 1)
    assert.equal(await scene.run('never', i + 1), 0)
    const where = await scene.node.call('tx_where', { infohash })
    assert.equal(where.status, 'ordered')
    assert.equal(await scene.publications(), i + 1)
    await scene.stage.skip(3_600n)
  }
  assert.equal(await scene.transactions(), 4)
  const { counted, gone } = await scene.money()
  assert.equal(counted, gone)
})

async function open(t: Parameters<typeof Stage.open>[0], rows: Rows = 'calldata') {
  const stage = await Stage.open(t)
  const node: NodeClient = await stage.node()
  const account = accountOf('crashing miner')
  await stage.anvil.client.setBalance({ address: account.address, value: COINS })
  const folder = await stage.folder()
  const { chain, bridge } = stage.definition.rules
  const plan = {
    ethereum: stage.anvil.url,
    node: node.url,
    rows,
    chain: `${chain}`,
    bridge,
    folder,
  }
  const start = (moment: Moment, published: number) => {
    const chosen: CrashPlan = { ...plan, key: `0x${formatHex(account.key)}`, moment, published }
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(chosen)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
    child.on('message', async (blobs: Uint8Array[]) => {
      const sidecar = await kzg.sidecar(blobs)
      // It may be killed at any moment, and then nobody waits for the answer.
      if (child.connected) child.send(sidecar, () => undefined)
    })
    return child
  }
  let last = genesisInfohash(stage.definition.genesis)
  return {
    stage,
    node,
    request: async (i: number) => {
      last = await stage.request(node, holder, [last], 10_000n, stranger(`${i}`))
      return last
    },
    /** The signal that ended it, or its exit status. */
    run: async (moment: Moment, published: number) => {
      const child = start(moment, published)
      const [status, signal]: (number | string | null)[] = await once(child, 'exit')
      return signal ?? status
    },
    killAfter: async (ms: number, published: number) => {
      const child = start('never', published)
      const ended = once(child, 'exit')
      await Promise.race([delay(ms), ended])
      child.kill('SIGKILL')
      await ended
    },
    publications: async () => {
      const { abi, address } = stage.bridge
      const logs = await stage.anvil.client.getContractEvents({
        abi,
        address,
        eventName: rows === 'blobs' ? 'BlobsPublished' : 'BlockPublished',
        fromBlock: 0n,
      })
      return logs.length
    },
    /** What left the account, and what the miner's folder says of that: gas, and bonds that are out. */
    money: async () => {
      const [journal, expenses] = [new Journal(folder), new Expenses(join(folder, 'money', 'expenses.json'))]
      await journal.load()
      await expenses.load()
      const { bonds } = summariseBlocks(journal.entries())
      const left = await stage.anvil.client.getBalance({ address: account.address })
      return { counted: expenses.paid + bonds, gone: COINS - left }
    },
    transactions: () => stage.anvil.client.getTransactionCount({ address: account.address }),
  }
}
