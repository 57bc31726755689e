// A block in blobs as large as its miner is given content for: from the payments at a node to the verdict of another node, each part with its time.
// `npm run soak -- full` makes it 3,500 steps in six blobs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishBlobsGas } from '../../../node/ethereum/calls.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { type Address, type Infohash, parseHash } from '../../../node/protocol/ids.ts'
import { UNIT } from '../../../node/protocol/rules.ts'
import { type Account, accountOf } from '../../../scripts/assure/models/world.ts'
import { until } from '../../support/processes/processes.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

const DAY = 86_400n
const STEPS = Number(process.env['FUZZ_RUNS'] ?? 60)
/** Chains of payments side by side, since a package of dependent ones has 500 steps at most. Each ends with a request. */
const CHAINS = 10
/** Only what hangs ever gets there. */
const DEADLINE_MS = 1_200_000

test(`a block of ${STEPS} steps in blobs is found, published, and judged by a node that has Ethereum alone`, async (t) => {
  const stage = await Stage.open(t)
  await stage.skip(DAY)
  const node = await stage.node()
  const tell = stopwatch((text) => t.diagnostic(text))
  const count = await payments(stage, node)
  assert.equal(count, STEPS)
  tell(`${count} transactions taken by the node`)

  const sender = stage.sender(await stage.signer(), { stuckMs: DEADLINE_MS })
  const miner = await stage.miner(node, sender, { rows: 'blobs', unpaidSteps: STEPS })
  const isDone = (what: string, test: () => boolean) => until(what, async () => test() || undefined, DEADLINE_MS)
  await isDone('the search', () => miner.status().state === 'searching' || miner.status().blocks.found > 0)
  tell('content chosen, replayed, written and committed to')
  await isDone('the block', () => miner.status().blocks.found === 1)
  tell('found')
  await isDone('the publication', () => miner.status().blocks.published === 1)
  tell('replayed by its own node, its proofs made, published')
  await miner.stop()

  const { abi, address } = stage.bridge
  const filter = { abi, address, eventName: 'BlobsPublished', fromBlock: 0n, strict: true } as const
  const [published, ...others] = await stage.anvil.client.getContractEvents(filter)
  assert(published)
  assert.equal(others.length, 0)
  const id = parseHash(published.args.id)
  const { gasUsed } = await stage.anvil.client.getTransactionReceipt({ hash: published.transactionHash })
  assert(gasUsed <= publishBlobsGas(CHAINS))
  tell(`${published.args.hashes.length} blobs, ${gasUsed} gas`)

  const other = await stage.node()
  tell('another node started')
  await until(
    'its verdict',
    async () => {
      const { blocks } = await other.call('bridge_blocks', {})
      return blocks.some((block) => block.id === id && block.verdict === 'valid') || undefined
    },
    DEADLINE_MS,
  )
  tell('its blobs read, committed to, replayed: valid')
  const { steps, requests, blobs } = await other.call('bridge_block', { id })
  assert.deepEqual([steps, requests, blobs], [STEPS, CHAINS, published.args.hashes.length])
})

/** Makes this many, and answers how many the node took. Whoever pays themselves adds nothing to the state, which a block may make larger by 2,048 entries at most. */
async function payments(stage: Stage, node: Awaited<ReturnType<Stage['node']>>): Promise<number> {
  let count = 0
  const pay = async (from: Account, to: Address, tokens: bigint, prev: Infohash) => {
    count += 1
    return await stage.pay(node, from, { to, tokens, prev: [prev] })
  }
  let last = genesisInfohash(stage.definition.genesis)
  for (let chain = 0; chain < CHAINS; chain++) {
    const owner = accountOf(`owner ${chain}`)
    last = await pay(holder, owner.address, 1_000n * UNIT, last)
    let own = last
    const length = Math.floor(STEPS / CHAINS) + (chain < STEPS % CHAINS ? 1 : 0)
    for (let i = 2; i < length; i++) own = await pay(owner, owner.address, UNIT, own)
    await stage.request(node, owner, [own], UNIT, stranger(`recipient ${chain}`))
    count += 1
  }
  return count
}

function stopwatch(tell: (text: string) => void): (what: string) => void {
  let sinceMs = performance.now()
  return (what) => {
    const nowMs = performance.now()
    tell(`${((nowMs - sinceMs) / 1_000).toFixed(1)} s: ${what}`)
    sinceMs = nowMs
  }
}
