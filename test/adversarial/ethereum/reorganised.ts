// An Ethereum that takes back what was sent to it: a sender, a node that follows, and a chance that decides how deep.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Hex } from 'viem'
import { createNodeClient, type NodeClient } from '../../../node/client/rpc.ts'
import type { EthereumAccount } from '../../../node/ethereum/account.ts'
import type { BridgeCall } from '../../../node/ethereum/calls.ts'
import type { Attempt } from '../../../node/ethereum/sending/attempt.ts'
import type { Outcome } from '../../../node/ethereum/sending/pending-call.ts'
import { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { TtxNode } from '../../../node/node.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import { LANES } from '../../../node/protocol/queue.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { readRecord } from '../../support/chain/record.ts'
import { log } from '../../support/log.ts'
import { Stage } from '../../support/stage.ts'

/** Blocks of Ethereum that are taken back, at most. */
const DEEPEST = 20
/** What the node bears: more than that. */
export const FINALITY_DEPTH = 24

/** Of what is taken back: nothing comes again by itself, or all of it, in the same order and in whichever blocks. */
export type Fate = 'dropped' | 'put in elsewhere'

export class Reorganised {
  readonly stage: Stage
  readonly node: NodeClient
  readonly ethereum: EthereumAccount
  readonly #fate: Fate
  readonly #random: () => number

  private constructor(stage: Stage, node: NodeClient, ethereum: EthereumAccount, fate: Fate, random: () => number) {
    this.stage = stage
    this.node = node
    this.ethereum = ethereum
    this.#fate = fate
    this.#random = random
  }

  /** A day after the bridge was deployed, so that work is cheap. */
  static async open(t: TestContext, seed: number, fate: Fate): Promise<Reorganised> {
    const stage = await Stage.open(t)
    const node = await startNode(stage)
    const { ethereum } = stage.sender(await stage.signer(100_000n))
    await stage.anvil.client.mine({ blocks: DEEPEST })
    await stage.skip(86_400n)
    return new Reorganised(stage, node, ethereum, fate, randomOf(seed))
  }

  /** Sends, and is done at once. */
  async send(call: BridgeCall): Promise<void> {
    const outcome = await this.#sender(1).send(call)
    assert.equal(outcome.status, 'done')
  }

  /**
   * Sends, sees it in a block, has that and all above it taken back, and waits until the sender is content. The call must then have
   * counted (`isThere`), by one transaction, and the node must have seen it all. Answers the block of Ethereum where it is now.
   */
  async takeBack(call: BridgeCall, isThere: () => Promise<boolean>): Promise<bigint> {
    const { client } = this.stage.anvil
    const depth = 1 + Math.floor(this.#random() * DEEPEST)
    const before = await this.ethereum.nonce('latest')
    const attempts: Attempt[] = []
    let outcome: Outcome | undefined
    const sending = this.#sender(depth + 2)
      .send(call, { onAttempt: async (attempt) => void attempts.push(attempt) })
      .then((each) => {
        outcome = each
      })
    await this.stage.until(`${call.name} to be in a block`, async () => {
      const [first] = attempts
      return first !== undefined && (await this.ethereum.receipt(first.hash)) !== undefined
    })
    await client.mine({ blocks: depth - 1 })
    await this.seen()
    assert.equal(await isThere(), true)
    await this.#reorganise(
      depth,
      attempts.map(({ raw }) => raw),
    )
    await this.stage.until(`${call.name} to count again, ${depth} blocks deep`, async () => {
      if (outcome === undefined) await client.mine({ blocks: 1 })
      return outcome !== undefined
    })
    await sending
    assert.ok(outcome?.status === 'done', `after ${depth} blocks were taken back it is ${outcome?.status}`)
    assert.equal(await isThere(), true)
    assert.equal(await this.ethereum.nonce('latest'), before + 1)
    await this.seen()
    return outcome.receipt.block
  }

  /** Waits until the node has taken in what Ethereum has now. */
  async seen(): Promise<void> {
    await this.stage.seenBy(this.node)
  }

  /** That the node holds what one holds that saw nothing but the end. */
  async assertKnowsTheTruth(): Promise<void> {
    await this.seen()
    const fresh = await startNode(this.stage)
    for (const method of ['bridge_blocks', 'bridge_claims'] as const) {
      const [ours, theirs] = await Promise.all([this.node.call(method, {}), fresh.call(method, {})])
      assert.deepEqual({ ...ours, status: {} }, { ...theirs, status: {} })
    }
    for (const lane of LANES) {
      const queue = { lane, from: 0n, count: 100 }
      assert.deepEqual(await this.node.call('bridge_queue', queue), await fresh.call('bridge_queue', queue))
    }
    // Ledgers follow when blocks have been judged.
    const ledgerOf = async (node: NodeClient) => {
      const { count, fingerprint } = await node.call('node_info', {})
      return `${count} transactions, ${fingerprint}`
    }
    await this.stage.until(
      'both ledgers to be one',
      async () => (await ledgerOf(this.node)) === (await ledgerOf(fresh)),
    )
  }

  async record(id: Hash) {
    return await readRecord(this.stage.anvil.client, this.stage.bridge, id)
  }

  /** Moves the clock to this many seconds after the publication of a block. */
  async skipTo(block: Hash, seconds: bigint): Promise<void> {
    await this.stage.anvil.warp(BigInt((await this.record(block)).publishedAt) + seconds)
  }

  async #reorganise(depth: number, raw: readonly Hex[]): Promise<void> {
    const isPutIn = this.#fate === 'put in elsewhere'
    const place = Math.floor(this.#random() * depth)
    const transactions = isPutIn ? raw.map((each) => [each, place] as const) : []
    const before = await this.stage.anvil.client.getBlock()
    await this.stage.anvil.client.request<{
      Method: 'anvil_reorg'
      Parameters: [number, readonly (readonly [Hex, number])[]]
      ReturnType: null
    }>({ method: 'anvil_reorg', params: [depth, transactions] })
    const { hash } = await this.stage.anvil.client.getBlock({ blockNumber: before.number })
    assert.notEqual(hash, before.hash)
  }

  #sender(confirmations: number): TransactionSender {
    const { ethereum } = this
    return new TransactionSender({ ethereum, log, now: Date.now }, { confirmations, pollMs: 20 })
  }
}

/** A real node that follows the bridge through these endpoints until the test ends. */
export async function startNode(
  stage: Stage,
  urls: readonly string[] = [stage.anvil.url],
  finalityDepth = BigInt(FINALITY_DEPTH),
): Promise<NodeClient> {
  const node = stage.stack.use(
    new TtxNode(
      { log, clock: Date.now, version: '0.0.0' },
      {
        folder: await stage.folder(),
        definition: stage.definition,
        ethereum: urls,
        rpc: { host: '127.0.0.1', port: 0 },
        network: {},
        pollMs: 50,
        finalityDepth,
      },
    ),
  )
  await node.start()
  const client = createNodeClient(node.rpcUrl)
  await stage.until('the node to follow the bridge', async () => {
    return (await client.call('node_info', {})).bridge.state === 'live'
  })
  return client
}
