// The round trip of money in the open: TTX is paid, goes to Ethereum, comes back, and is spent again; everything is checked on the way.

import { readFile } from 'node:fs/promises'
import { createPublicClient, type Hex, http } from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import type { NetworkDefinition } from '../../node/deployment.ts'
import { genesisInfohash } from '../../node/protocol/genesis.ts'
import { type Hash, type Infohash, parseHash } from '../../node/protocol/ids.ts'
import { infohashOf } from '../../node/protocol/infohash.ts'
import { UNIT } from '../../node/protocol/rules.ts'
import { encodeTransaction } from '../../node/protocol/transaction.ts'
import type { Result as RpcResult } from '../../node/rpc/api.ts'
import type { NodeClient } from '../../node/rpc/client.ts'
import type { Wallet } from '../../node/wallet/wallet.ts'
import { formatAmount } from '../cli/amount.ts'
import { deposit } from '../cli/commands/hold/deposit.ts'
import { type EthereumSide, openEthereum, tokenBalance } from '../cli/ethereum.ts'
import { type Payment, pay, signTransaction } from '../cli/pay.ts'
import type { Devnet } from '../devnet/devnet.ts'
import { Evidence } from './evidence.ts'
import { type Patience, patientClient, waitFor } from './patience.ts'
import { check, Stage } from './stage.ts'
import { countSupply } from './supply.ts'

export type DemoDeps = {
  /** It runs already. */
  readonly devnet: Devnet
  readonly network: NetworkDefinition
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

export type DemoOptions = {
  /** Where the evidence goes; none without it. */
  readonly out?: string
  /** How long one thing may take, with restarts of processes in between. */
  readonly deadlineMs: number
}

const GENESIS_PAYS = 1_000n * UNIT
const ALICE_PAYS = 400n * UNIT
const BRIDGED = 100n * UNIT
const BURNED = 50n * UNIT
const SPENT = 20n * UNIT
const DAY = 86_400
const POLL_MS = 150

type Block = RpcResult<'bridge_block'>

/** Runs the whole way and answers with all ids and amounts. Throws where anything is not as it must be. */
export async function runDemo(deps: DemoDeps, options: DemoOptions) {
  const { devnet, network, say, signal } = deps
  const patience: Patience = { deadlineMs: options.deadlineMs, pollMs: POLL_MS, signal }
  const node = patientClient(devnet.nodeUrl, patience)
  const peer = patientClient(devnet.peerUrl, patience)
  const { rules } = network
  const ethereum = await openEthereum(devnet.ethereumUrl, rules)
  const way = new Way(deps, patience, node, peer, ethereum)
  const count = () => countSupply(devnet.ethereumUrl, network, node)
  const stage = new Stage({ say, count, now: () => performance.now() })

  await stage.begin()
  using genesis = await devnet.wallet('genesis')
  const [alice, bob] = await stage.step(
    'create two wallets',
    async () => [await devnet.wallet('alice'), await devnet.wallet('bob')] as const,
    ([a, b]) => `alice ${a.address}, bob ${b.address}`,
  )
  using _alice = alice
  using _bob = bob

  const first = await stage.step(
    'genesis pays alice',
    () => way.pay(genesis, { to: alice.address, tokens: GENESIS_PAYS }),
    ttx(GENESIS_PAYS),
  )
  const second = await stage.step(
    'alice pays bob',
    () => way.pay(alice, { to: bob.address, tokens: ALICE_PAYS, memo: 'for the demo' }),
    ttx(ALICE_PAYS),
  )

  const bridge = { chain: rules.chain, to: bob.address }
  const request = await stage.step(
    'bob asks to bridge',
    () => way.pay(bob, { to: rules.bridge, tokens: BRIDGED, bridge }),
    ttx(BRIDGED),
  )
  const out = await stage.step('a miner finds a block and publishes it', () => way.ordered(request), describeBlock)
  await stage.step(
    '24 hours pass on Ethereum',
    () => devnet.chain.skip(DAY),
    () => '',
  )
  await stage.step(
    'the block becomes final',
    () => way.final(out.id),
    () => `height ${out.height}`,
  )
  const held = await stage.step(
    'a relayer claims for bob',
    () => way.paid(request, bob),
    (tokens) => `bob holds ${formatAmount(tokens)} wTTX`,
  )
  check(held === BRIDGED - BRIDGED / 100n, 'wrong-payment', `bob to hold 99% of ${BRIDGED} wTTX`, `${held}`)

  await devnet.fund(bob.address, '1')
  const back = await stage.step(
    'bob burns wTTX for alice',
    () => deposit(ethereum, bob, BURNED, alice.address, signal),
    ({ credit }) => `${formatAmount(credit)} TTX are owed to her`,
  )
  const credited = await stage.step('the next block credits alice', () => way.ordered(back.infohash), describeBlock)
  const spend = await stage.step('alice spends that money', () => way.spend(alice, back.infohash, bob), ttx(SPENT))
  await stage.step('24 hours pass on Ethereum again', () => devnet.chain.skip(DAY))
  await stage.step(
    'that block becomes final',
    () => way.final(credited.id),
    () => `height ${credited.height}`,
  )

  const balances = await stage.step('all nodes agree', () => way.agree([genesis, alice, bob]))
  const last = stage.supply.at(-1)
  check(
    last?.unconsumed === 0n && last.unminted === 0n,
    'money-under-way',
    'nothing to be under way at the end',
    `${last?.unconsumed} and ${last?.unminted}`,
  )
  const transactions = [
    { name: 'genesis', infohash: genesisInfohash(network.genesis), tokens: network.genesis.tokens },
    { name: 'genesis pays alice', infohash: first, tokens: GENESIS_PAYS },
    { name: 'alice pays bob', infohash: second, tokens: ALICE_PAYS },
    { name: 'bob asks to bridge', infohash: request, tokens: BRIDGED },
    { name: 'deposit of bob for alice', infohash: back.infohash, tokens: back.credit },
    { name: 'alice spends it', infohash: spend, tokens: SPENT },
  ]
  const receipts = await way.receipts()
  const result = {
    ok: true,
    network: { chain: rules.chain, bridge: rules.bridge, token: rules.token, genesis: transactions[0]?.infohash },
    addresses: { genesis: genesis.address, alice: alice.address, bob: bob.address },
    transactions,
    blocks: [out, credited].map(({ id, height, torrent, steps, requests, miner }) => ({
      id,
      height,
      torrent,
      steps,
      requests,
      miner,
    })),
    request: { infohash: request, gross: BRIDGED, net: held, recipient: bob.address },
    deposit: { ...back, gross: BURNED, to: alice.address },
    ethereum: receipts,
    balances,
    supply: stage.supply,
    steps: stage.steps,
    seconds: stage.seconds,
  }
  if (options.out !== undefined) await way.keep(options.out, result, [out.id, credited.id])
  return result
}

type DemoResult = Awaited<ReturnType<typeof runDemo>>

/** Each part of the way, with the waiting that belongs to it. */
class Way {
  readonly #deps: DemoDeps
  readonly #patience: Patience
  readonly #node: NodeClient
  readonly #peer: NodeClient
  readonly #ethereum: EthereumSide

  constructor(deps: DemoDeps, patience: Patience, node: NodeClient, peer: NodeClient, ethereum: EthereumSide) {
    this.#deps = deps
    this.#patience = patience
    this.#node = node
    this.#peer = peer
    this.#ethereum = ethereum
  }

  /** Done once the other node has it too. */
  async pay(wallet: Wallet, payment: Payment): Promise<Infohash> {
    const { infohash } = await pay(this.#node, wallet, payment, Math.floor(Date.now() / 1_000))
    await this.#accepted(this.#peer, infohash)
    return infohash
  }

  /** Spends the output of one transaction, and nothing else. */
  async spend(wallet: Wallet, prev: Infohash, to: Wallet): Promise<Infohash> {
    const time = Math.floor(Date.now() / 1_000)
    const tx = signTransaction(wallet, {
      to: to.address,
      tokens: SPENT,
      memo: 'came back from Ethereum',
      time,
      prev: [prev],
    })
    const file = encodeTransaction(tx)
    await this.#node.call('tx_submit', { file })
    const infohash = infohashOf(file)
    await this.#accepted(this.#node, infohash)
    await this.#accepted(this.#peer, infohash)
    return infohash
  }

  /** The block with a transaction, once both nodes have replayed it. */
  async ordered(infohash: Infohash): Promise<Block> {
    const block = await this.#until('a block with the transaction', async () => {
      const { block: id, status } = await this.#node.call('tx_get', { infohash })
      if (status !== 'ordered' && status !== 'final') return undefined
      return id && (await this.#node.call('bridge_block', { id }))
    })
    await this.#until('the other node to have replayed the block', async () => {
      const { status } = await this.#peer.call('tx_get', { infohash })
      return status === 'ordered' || status === 'final' ? true : undefined
    })
    check(block.verdict === 'valid', 'bad-block', 'a valid block', `${block.verdict}: ${block.problem}`)
    return block
  }

  async final(id: Hash): Promise<void> {
    for (const node of [this.#node, this.#peer]) {
      await this.#until('the block to be final', async () => {
        const { final } = await node.call('bridge_block', { id })
        return final ? true : undefined
      })
    }
  }

  /** wTTX of the recipient, once the request was paid. */
  async paid(infohash: Infohash, to: Wallet): Promise<bigint> {
    await this.#until('the request to be paid', async () => {
      const { bridging } = await this.#node.call('tx_where', { infohash })
      return bridging?.paid ? true : undefined
    })
    return await tokenBalance(this.#ethereum, to.address)
  }

  /** Balances on both sides; both nodes must say the same, and hold the same set of transactions. */
  async agree(wallets: readonly Wallet[]) {
    await this.#until('both nodes to hold the same transactions', async () => {
      const [here, there] = await Promise.all([this.#node.call('node_info', {}), this.#peer.call('node_info', {})])
      return here.fingerprint === there.fingerprint && here.count === there.count ? true : undefined
    })
    const balances = []
    for (const { address: owner } of wallets) {
      const [here, there] = await Promise.all([
        this.#node.call('account_balance', { owner }),
        this.#peer.call('account_balance', { owner }),
      ])
      check(
        here.spendable === there.spendable && here.final === there.final,
        'nodes-disagree',
        `the same balance of ${owner} at both nodes`,
        `${here.spendable} and ${there.spendable}`,
      )
      const { spendable, ordered, final } = here
      balances.push({ owner, spendable, ordered, final, wttx: await tokenBalance(this.#ethereum, owner) })
    }
    return balances
  }

  /** Every transaction of Ethereum that touched the bridge, by what it did; each request was paid once. */
  async receipts(): Promise<{ readonly name: string; readonly transaction: Hex }[]> {
    const { rules, deployedBlock } = this.#deps.network
    const client = createPublicClient({ transport: http(this.#ethereum.url) })
    const events = await client.getContractEvents({
      abi: bridgeAbi,
      address: rules.bridge,
      fromBlock: deployedBlock,
      strict: true,
    })
    const claims = events.flatMap((event) =>
      event.eventName === 'Claimed' ? [`${event.args.block_}:${event.args.index}`] : [],
    )
    check(new Set(claims).size === claims.length, 'paid-twice', 'each request to be paid once', claims.join(', '))
    const named = new Map<string, Hex>()
    for (const { eventName, transactionHash, args } of events) {
      const what = 'id' in args && typeof args.id === 'string' ? `-${parseHash(args.id).slice(2, 10)}` : ''
      named.set(`${eventName}${what}`, transactionHash)
    }
    return [...named].map(([name, transaction]) => ({ name, transaction }))
  }

  async keep(folder: string, result: DemoResult, blocks: readonly Hash[]): Promise<void> {
    const evidence = new Evidence(folder)
    await evidence.write(
      'deployment.json',
      'where the bridge is, its parameters, its ABI, and the genesis',
      await readFile(this.#deps.devnet.deploymentFile),
    )
    await evidence.write('addresses.json', 'who is who: one address serves both chains', {
      ...result.addresses,
      ...result.network,
    })
    for (const { name, infohash } of result.transactions) await evidence.transaction(this.#node, infohash, name)
    for (const id of blocks) await evidence.block(this.#node, id)
    for (const { name, transaction } of result.ethereum) {
      await evidence.receipt(
        this.#ethereum.url,
        transaction,
        name,
        `Ethereum: the transaction with the event ${name}, and its receipt`,
      )
    }
    await evidence.write('supply.json', 'where all money was after each step', result.supply)
    await evidence.write('result.json', 'what --json prints', result)
    await evidence.close()
  }

  async #accepted(node: NodeClient, infohash: Infohash): Promise<void> {
    await this.#until(`${node.url} to accept ${infohash}`, async () => {
      const { status } = await node.call('tx_get', { infohash })
      return ['accepted', 'ordered', 'final'].includes(status) ? true : undefined
    })
  }

  #until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
    return waitFor(what, this.#patience, probe)
  }
}

function ttx(tokens: bigint): (infohash: Infohash) => string {
  return (infohash) => `${formatAmount(tokens)} TTX, ${infohash}`
}

function describeBlock({ id, height, steps }: Block): string {
  return `height ${height}, ${steps} step${steps === 1 ? '' : 's'}, ${id}`
}
