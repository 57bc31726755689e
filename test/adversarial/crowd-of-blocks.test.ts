// Attacked: a watcher's eyes and hands, by hundreds or thousands of right blocks of no weight on a block that nobody builds on, with one wrong only child elsewhere. Each costs
// its publisher a bond, and each of these bonds comes back, since what builds on a branch that lost does not rival anything.
// What must hold: no number of living blocks is too much to look at, and the one that could be final first is judged and killed first. No node helps.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { Watcher } from '../../miner/watch/watcher.ts'
import { OperationError } from '../../node/errors.ts'
import { EthereumAccount } from '../../node/ethereum/account.ts'
import { connectEthereum } from '../../node/ethereum/agreeing/http-chain.ts'
import { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import { genesisInfohash } from '../../node/protocol/genesis.ts'
import { toBytes } from '../../node/protocol/ids.ts'
import { describeProblem } from '../../node/protocol/problems.ts'
import { encodeStep } from '../../node/protocol/step.ts'
import { traceLeaf, traceRoot } from '../../node/protocol/trace.ts'
import { accountOf, pay, randomOf } from '../../scripts/assure/models/world.ts'
import { type Content, Crowd, type CrowdBlock, emptyOn } from '../../scripts/bench/crowd.ts'
import { log } from '../support/log.ts'
import { until } from '../support/processes/processes.ts'

/** Blocks in the ordinary run; thousands with FUZZ_RUNS. */
const CROWD = Number(process.env['FUZZ_RUNS'] ?? 300)
/** As deep as the bridge allows on the first block above the final one. */
const BRANCH = 127
const DAY = 86_400n

const SHAPES: Readonly<Record<string, (i: number) => number | undefined>> = {
  'all on one block': () => undefined,
  'in branches': (i) => (i % BRANCH === 0 ? undefined : i - 1),
}

for (const [shape, parentOf] of Object.entries(SHAPES)) {
  test(`a wrong only child beside ${CROWD.toLocaleString('en')} light right blocks, ${shape}, is killed`, async (t) => {
    const { seconds, problem } = await kill(parentOf)
    t.diagnostic(`dead ${seconds.toFixed(1)} s after the watcher began; its problem then: ${problem ?? 'none'}`)
  })
}

async function kill(parentOf: (i: number) => number | undefined) {
  await using crowd = await Crowd.start()
  await using stack = new AsyncDisposableStack()
  // Two right blocks on genesis, of which one is built on by the honest, and the other one by the crowd.
  const first: CrowdBlock[] = []
  await crowd.grow(first, 2, () => undefined)
  const [trunk, stale] = first
  assert.ok(trunk && stale)
  await crowd.grow([], CROWD, parentOf, stale)
  const thief = accountOf('thief')
  const prev = [genesisInfohash(crowd.genesis.transaction)]
  const { packed } = pay(thief, { to: thief.address, tokens: 1n, time: 1, prev }, crowd.rules)
  const wrong = await crowd.publish(
    trunk,
    told(emptyOn(crowd.rules, trunk), encodeStep({ kind: 'transaction', packed })),
  )

  const signer = privateKeyToAccount(generatePrivateKey())
  await crowd.fund(signer.address)
  const ethereum = new EthereumAccount({ urls: [crowd.url], network: crowd.rules, signer, now: Date.now })
  const chain = connectEthereum([crowd.url], crowd.rules)
  stack.defer(() => {
    ethereum.close()
    chain.close()
  })
  const sender = new TransactionSender({ ethereum, log, now: Date.now }, { confirmations: 1, pollMs: 20 })
  const node = { url: 'http://gone.test', call: gone }
  const network = { rules: crowd.rules, genesis: crowd.genesis }
  const deps = { log, now: Date.now, random: randomOf(1), node, sender, logs: [{ name: 'anvil', chain }], network }
  const watcher = stack.use(new Watcher(deps, { defend: true, pollMs: 100, graceMs: 1_000 }))
  const startedMs = performance.now()
  await crowd.mineAlways()
  watcher.start()
  await until('the death', async () => ((await ethereum.record(wrong.id)).isRefuted ? true : undefined))
  const seconds = (performance.now() - startedMs) / 1_000
  const { problem } = watcher.status()
  assert.deepEqual(
    watcher.status().cases.map(({ block, problem }) => ({ block, problem })),
    [{ block: wrong.id, problem: describeProblem(0, 'MissingInput') }],
  )
  assert.equal((await ethereum.record(stale.id)).isRefuted, false)
  // It was in time: nothing could have become final yet.
  const { publishedAt } = await ethereum.record(trunk.id)
  assert.ok((await ethereum.head()).time < publishedAt + DAY)
  return { seconds, problem }
}

/** The same with one step, which is said to change nothing. */
function told({ header }: Content, step: Uint8Array): Content {
  const root = traceRoot([traceLeaf(step, header.state)])
  return { header: { ...header, stepCount: 1, traceRoot: root }, steps: step, states: toBytes(header.state) }
}

async function gone(): Promise<never> {
  throw new OperationError('node-unreachable', 'there is no node', { retry: true })
}
