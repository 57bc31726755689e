// Bench: from the nonce of a full block in blobs to its transaction in a block of Ethereum: a miner's publisher, a node and anvil.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { createPublicClient, createTestClient, createWalletClient, http } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { Journal, type Publication } from '../../miner/journal.ts'
import { type Plan, planBlock, postContent } from '../../miner/plan.ts'
import { Publisher } from '../../miner/publisher.ts'
import { expenseOf, NO_LOAD } from '../../miner/rows.ts'
import { createNodeClient, type NodeClient } from '../../node/client/rpc.ts'
import { parseDeployment } from '../../node/deployment.ts'
import { EthereumAccount } from '../../node/ethereum/account.ts'
import { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import { deploy } from '../../node/ethereum/deploying/deploy.ts'
import { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import { TtxNode } from '../../node/node.ts'
import { applyStep } from '../../node/protocol/apply.ts'
import { MAX_BLOB_STEPS } from '../../node/protocol/blob.ts'
import type { AppliedStep } from '../../node/protocol/blob-block.ts'
import type { ParentBlock } from '../../node/protocol/block.ts'
import { genesisInfohash, genesisState } from '../../node/protocol/genesis.ts'
import { blockId, encodeSealed, type SealedHeader } from '../../node/protocol/header.ts'
import { type Hash, type Infohash, parseAddress } from '../../node/protocol/ids.ts'
import { isInBlobs } from '../../node/protocol/replay.ts'
import { outputValue } from '../../node/protocol/state.ts'
import { encodeStep } from '../../node/protocol/step.ts'
import { targetFloor } from '../../node/protocol/target.ts'
import { toBaseUnits, toGwei, toWei } from '../../node/protocol/units.ts'
import { accountOf, genesisOf, pay } from '../assure/models/world.ts'
import { findNonce } from '../devnet/drill/nonce.ts'
import { startAnvil } from './anvil.ts'
import type { Bench } from './measure.ts'

const EASIEST = 2n ** 243n
/** Of the payments of a block, those whose change is a new output, by which the state grows. */
const GROWING = 1_900
const DEPLOYER = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const LOOK_MS = 5
const signal = new AbortController().signal

/** Seconds: until its transaction is in a block, and of that until the node had replayed the block, and to make its cell proofs. */
type Times = { readonly published: number; readonly submitted: number; readonly sidecar: number }

export const bench: Bench = {
  name: 'publication',
  title: `from a found nonce to its transaction in a block of anvil, which mines at once: ${MAX_BLOB_STEPS.toLocaleString('en')} steps in six blobs, node and publisher in one process; by the clock`,
  unit: 's',
  rounds: 3,
  limits: [],
  prepare: async () => {
    const stack = new AsyncDisposableStack()
    try {
      const world = await open(stack)
      let times: Times | undefined
      return {
        cases: [
          {
            name: 'found to published',
            run: async () => {
              times = await publishNext(world)
              return times.published
            },
          },
          { name: "of it the node's own check and torrent", run: () => times?.submitted ?? Number.NaN },
          { name: 'of it commitments and cell proofs', run: () => times?.sidecar ?? Number.NaN },
        ],
        stop: () => stack.disposeAsync(),
      }
    } catch (error) {
      await stack.disposeAsync()
      throw error
    }
  },
}

type World = Awaited<ReturnType<typeof open>>

async function open(stack: AsyncDisposableStack) {
  const log = pino({ level: 'silent' })
  const { url, stop } = await startAnvil(['--hardfork', 'osaka'])
  stack.defer(stop)
  const transport = http(url)
  const owner = accountOf('bench')
  const genesis = genesisOf(owner)
  const deployment = await deploy({
    wallet: createWalletClient({ account: privateKeyToAccount(DEPLOYER), transport }),
    client: createPublicClient({ transport, pollingInterval: 10 }),
    ...{ genesis, easiestTarget: EASIEST, minRequest: 1_000n, minDeposit: 1_000n },
  })
  const definition = parseDeployment(JSON.stringify(deployment), 'the bench')
  const folder = await mkdtemp(join(tmpdir(), 'ttx-bench-publication-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const node = new TtxNode(
    { log, clock: Date.now, version: '0.0.0' },
    {
      ...{ folder: join(folder, 'node'), definition, ethereum: [url], beacon: [url], network: { peers: [] } },
      ...{ rpc: { host: '127.0.0.1', port: 0 }, pollMs: 50, finalityDepth: 1n },
    },
  )
  stack.defer(() => node.stop())
  await node.start()
  const signer = privateKeyToAccount(generatePrivateKey())
  const client = createTestClient({ mode: 'anvil', transport })
  await client.setBalance({ address: signer.address, value: 10n ** 21n })
  const ethereum = new EthereumAccount({ urls: [url], network: definition.rules, signer, now: Date.now })
  stack.defer(() => ethereum.close())
  const journal = new Journal(join(folder, 'journal'))
  await journal.load()
  const sender = new TransactionSender({ ethereum, log, now: Date.now }, { confirmations: 1, pollMs: 20 })
  const { rules, genesisBlock: sealed } = definition
  const tip: Tip = { sealed, id: blockId(sealed), state: genesisState(genesis), last: genesisInfohash(genesis) }
  return {
    ...{ rules, log, owner, journal, sender, ethereum, tip, miner: parseAddress(signer.address.toLowerCase()) },
    kzg: stack.use(new KzgPool()),
    node: createNodeClient(node.rpcUrl),
  }
}

/** The newest block, and in which transaction the owner's money is. */
type Tip = {
  readonly sealed: SealedHeader
  readonly id: Hash
  readonly state: ParentBlock['state']
  readonly last: Infohash
}

async function publishNext(world: World): Promise<Times> {
  const { rules, journal, kzg, miner, ethereum, log, sender } = world
  const { sealed: parent, id, state } = world.tip
  await untilTip(world.node, id)
  const { steps, last } = stepsOn(world)
  const load = { ...NO_LOAD, steps: steps.length, elements: steps.length * 5 }
  const content = {
    ...{ rows: 'blobs' as const, steps, queueEntries: 0, requests: 0, fee: toBaseUnits(0n), queueFees: toGwei(0n) },
    ...expenseOf('blobs', load),
  }
  const body = await postContent(content, kzg)
  const ground = { id, header: parent.header, state }
  const plan = planBlock(rules, ground, content, body, targetFloor(parent.header.target), miner)
  const { nonce, digest } = await findNonce(plan.work)
  const sealed = { header: plan.header, seal: { miner, nonce } }
  const startedMs = performance.now()
  const since = () => (performance.now() - startedMs) / 1_000
  await journal.add(
    publicationOf(plan, sealed, parent),
    isInBlobs(plan.body) && 'blobs' in plan.body ? plan.body.blobs : [],
  )
  const entry = journal.get(digest)
  if (entry === undefined) throw new Error('expected the block in the journal')
  let [submitted, sidecar] = [Number.NaN, Number.NaN]
  const publisher = new Publisher({
    ...{ sender, journal, log, now: Date.now },
    node: {
      ...world.node,
      call: async (...args) => {
        const answer = await world.node.call(...args)
        submitted = since()
        return answer
      },
    },
    kzg: {
      sidecar: async (blobs) => {
        const before = since()
        const made = await kzg.sidecar(blobs)
        sidecar = since() - before
        return made
      },
    },
  })
  const published = untilPublished(ethereum, digest).then(since)
  // It ends with the endpoint's connection, if nothing is published.
  published.catch(() => undefined)
  const { stage, problem } = await publisher.publish(entry, signal)
  if (stage !== 'published') throw new Error(`expected a published block, got one that is ${stage}: ${problem}`)
  world.tip = { sealed, id: digest, state: plan.state, last }
  return { published: await published, submitted, sidecar }
}

async function untilPublished(ethereum: EthereumAccount, id: Hash): Promise<void> {
  while ((await ethereum.record(id)).publishedAt === 0n) await delay(LOOK_MS)
}

async function untilTip(node: NodeClient, id: Hash): Promise<void> {
  for (;;) {
    const { bridge } = await node.call('node_info', {})
    if (bridge.state === 'live' && bridge.tip?.id === id) return
    await delay(LOOK_MS)
  }
}

/** Payments of all money in a row; the first ones leave a new output each. */
function stepsOn({ rules, owner, tip }: World): { readonly steps: AppliedStep[]; readonly last: Infohash } {
  const steps: AppliedStep[] = []
  let { state, last } = tip
  while (steps.length < MAX_BLOB_STEPS) {
    const isGrowing = steps.length < GROWING
    const to = isGrowing ? accountOf(`payee ${steps.length % 50}`).address : owner.address
    const tokens = isGrowing ? 1_000n : outputValue(state, last, owner.address)
    const { packed, infohash } = pay(owner, { to, tokens, time: 1_800_000_000 + steps.length, prev: [last] }, rules)
    const step = encodeStep({ kind: 'transaction', packed })
    const { reason, state: after, growth } = applyStep(rules, state, 0n, step)
    if (reason !== 'None') throw new Error(`expected a step that applies, got ${reason}`)
    steps.push({ step, after, growth })
    state = after
    last = infohash
  }
  return { steps, last }
}

function publicationOf({ content, body }: Plan, sealed: SealedHeader, parent: SealedHeader): Publication {
  if (!isInBlobs(body)) throw new RangeError('expected rows in blobs')
  const { hashes, entries, requests } = body
  return {
    ...{ version: 2, stage: 'mined', foundMs: Date.now(), sinceMs: Date.now(), fee: content.fee },
    ...{ parent: encodeSealed(parent), sealed: encodeSealed(sealed), attempts: [], bond: toWei(0n) },
    body: { hashes: [...hashes], entries, requests },
  }
}
