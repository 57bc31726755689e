// Node and miner on a real bridge, scraped: the figures are those of `node_status` and of the miner, and a silent endpoint is seen and over again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNodeClient } from '../../../node/client/rpc.ts'
import { Metrics } from '../../../node/metrics/metrics.ts'
import { TtxNode } from '../../../node/node.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import { Rounds } from '../../../node/rounds.ts'
import { showMiner } from '../../../scripts/cli/figures.ts'
import { EthereumProxy } from '../../support/chain/ethereum-proxy.ts'
import { log } from '../../support/log.ts'
import { fetchText, scrape } from '../../support/scrape.ts'
import { holder, Stage, stranger } from '../../support/stage.ts'

async function openMetrics(stage: Stage, command: string) {
  const stop = new AbortController()
  const about = { log, clock: Date.now, rounds: new Rounds(), version: '0.0.0', command }
  const metrics = new Metrics(about, { host: '127.0.0.1', port: 0 }, stop.signal)
  stage.stack.defer(() => metrics.stop())
  return { metrics, stop, url: await metrics.start() }
}

const ready = async (url: string) => {
  const { status, body } = await fetchText(`${url}/ready`)
  return { status, codes: JSON.parse(body).reasons.map(({ code }: { code: string }) => code) }
}

test('figures follow a block from its publication on, an endpoint that falls silent, and the end of the node', async (t) => {
  const stage = await Stage.open(t)
  const proxy = stage.stack.use(await EthereumProxy.start(stage.anvil.url))
  const { metrics, stop, url } = await openMetrics(stage, 'node')
  assert.deepEqual(await ready(url), { status: 503, codes: ['starting'] })
  const node = new TtxNode(
    { log, clock: Date.now, version: '0.0.0', metrics },
    {
      folder: await stage.folder(),
      definition: stage.definition,
      ethereum: [proxy.url],
      rpc: { host: '127.0.0.1', port: 0 },
      network: {},
      pollMs: 50,
      finalityDepth: 1n,
    },
  )
  stage.stack.defer(() => node.stop())
  await node.start()
  metrics.started(() => node.unready)
  await stage.until('the node to be ready', async () => (await ready(url)).status === 200)

  const client = createNodeClient(node.rpcUrl)
  const sender = stage.sender(await stage.signer())
  const miner = await stage.miner(client, sender)
  const ofMiner = await openMetrics(stage, 'miner')
  stage.stack.use(showMiner(ofMiner.metrics, { miner, sender, log, network: { rate: undefined } }))
  await stage.request(client, holder, [genesisInfohash(stage.definition.genesis)], 10_000n, stranger('a'))
  await stage.until('a publication', () => miner.status().blocks.published === 1)
  await stage.seenBy(client)
  await stage.until('a scrape with the block', async () => (await scrape(url)).get('ttx_requests_waiting') === 1)

  const [samples, status] = [await scrape(url), await client.call('node_status', {})]
  const of = (name: string) => samples.get(name)
  assert.equal(of('ttx_transactions_known'), status.transactions.held)
  assert.equal(of('ttx_transactions{standing="accepted"}'), status.transactions.unordered)
  assert.deepEqual(
    ['ordered', 'final'].map((standing) => of(`ttx_transactions{standing="${standing}"}`)),
    [1, 1],
  )
  assert.deepEqual([of('ttx_height{block="tip"}'), of('ttx_height{block="final"}')], [1, 0])
  assert.equal(status.bridge.tip?.height, 1n)
  assert.equal(of('ttx_blocks{verdict="valid"}'), 1)
  assert.equal(of('ttx_verdicts_total{verdict="valid"}'), 1)
  assert.equal(of('ttx_verdict_latency_seconds_count'), 1)
  assert.ok((of('ttx_payout_worst_seconds') ?? 0) > 86_000)
  assert.equal(of('ttx_ethereum_state{state="live"}'), 1)
  assert.deepEqual(
    [...samples.keys()].flatMap((name) => /_timestamp_seconds\{part="(\w+)"/.exec(name)?.[1] ?? []).sort(),
    ['bridge', 'network', 'proofs'],
  )
  const lastRound = 'ttx_part_last_round_timestamp_seconds{part="bridge"}'
  await stage.until(
    'the next round',
    async () => ((await scrape(url)).get(lastRound) ?? 0) > (of(lastRound) ?? 0) + 0.02,
  )

  await stage.until('a look at the account', async () => (await scrape(ofMiner.url)).has('ttx_account_balance_ether'))
  const mined = await scrape(ofMiner.url)
  const { bonds, blocks, money } = miner.status()
  assert.equal(mined.get('ttx_miner_blocks{stage="published"}'), blocks.published)
  assert.equal(mined.get('ttx_miner_bonds_locked_ether'), Number(bonds) / 1e18)
  assert.ok(bonds > 0n)
  assert.equal(mined.get('ttx_miner_fees_ttx{standing="pending"}'), Number(money.pending) / 1e18)
  assert.equal(mined.get('ttx_token_supply_ttx'), 0)
  assert.ok((mined.get('ttx_account_defence_seconds') ?? 0) > 0)

  proxy.tamper = () => ({ status: 502 })
  await stage.until('the node to say that it cannot see', async () => (await ready(url)).codes.includes('cannot-see'))
  await stage.until('the figures of that', async () => {
    const blind = await scrape(url)
    return blind.get('ttx_ethereum_state{state="unknown"}') === 1 && blind.get('ttx_ready') === 0
  })
  const blind = await scrape(url)
  const answers = [...blind].filter(([name]) => name.startsWith('ttx_ethereum_endpoint_answers{'))
  assert.deepEqual(answers, [[`ttx_ethereum_endpoint_answers{place="1",endpoint="${proxy.url}"}`, 0]])
  assert.equal(blind.get('ttx_unready{reason="cannot-see"}'), 1)
  // Its loop turns, in vain.
  assert.equal((await fetchText(`${url}/health`)).status, 200)

  proxy.tamper = () => undefined
  await stage.until('the node to be ready again', async () => (await ready(url)).status === 200)

  stop.abort()
  await node.stop()
  assert.deepEqual(await ready(url), { status: 503, codes: ['stopping'] })
  await stage.until('a scrape without what is closed', async () => !(await scrape(url)).has('ttx_height{block="tip"}'))
})
