// What miners, relayers and pages are tested on: the real bridge on anvil, a real node beside it, and accounts with coins. Long, as it is one stage.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createPublicClient, createWalletClient, http, type LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../deployments/token-abi.ts'
import { Miner } from '../../miner/miner.ts'
import type { MinerOptions } from '../../miner/options.ts'
import { PowPool } from '../../miner/work/pow-pool.ts'
import { createNodeClient, type NodeClient } from '../../node/client/rpc.ts'
import { type NetworkDefinition, parseDeployment } from '../../node/deployment.ts'
import { EthereumAccount } from '../../node/ethereum/account.ts'
import { KzgPool } from '../../node/ethereum/blobs/kzg-pool.ts'
import type { ClaimProof } from '../../node/ethereum/calls.ts'
import { deploy } from '../../node/ethereum/deploying/deploy.ts'
import { TransactionSender } from '../../node/ethereum/sending/sender.ts'
import type { SenderOptions } from '../../node/ethereum/sending/sender-options.ts'
import { TtxNode } from '../../node/node.ts'
import { formatHex } from '../../node/protocol/bytes.ts'
import { blockId } from '../../node/protocol/header.ts'
import {
  type Address,
  type BlockKey,
  type Hash,
  type Infohash,
  parseAddress,
  parseKey,
  ZERO_KEY,
} from '../../node/protocol/ids.ts'
import { LANES, type Lane } from '../../node/protocol/queue.ts'
import type { TransactionBody } from '../../node/protocol/typed-data.ts'
import type { SiteFiles } from '../../node/web/site.ts'
import { type Account, accountOf, genesisOf, pay, randomOf } from '../../scripts/assure/models/world.ts'
import { Anvil } from './chain/anvil.ts'
import { readRecord } from './chain/record.ts'
import { log } from './log.ts'

export const EASIEST = 2n ** 243n
/** The holder of all money at the start, on the TTX side. */
export const holder = accountOf('holder')

const DEPLOYER = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const WAIT_MS = 240_000

type NodeOptions = {
  readonly beacon?: readonly string[]
  /** Connected to nobody: it learns from Ethereum alone. */
  readonly isAlone?: boolean
  /** With the RPC for wallets that know Ethereum only: see `ethereumUrlOf`. */
  readonly forWallets?: boolean
  /** The web page that it serves. */
  readonly site?: SiteFiles | undefined
}

export class Stage {
  readonly anvil: Anvil
  readonly definition: NetworkDefinition
  /** Ends in the reverse order of its beginning. */
  readonly stack: AsyncDisposableStack
  readonly #peers: string[] = []
  readonly #ethereumUrls = new Map<NodeClient, string>()
  #accounts = 0
  #signer: LocalAccount | undefined

  private constructor(stack: AsyncDisposableStack, anvil: Anvil, definition: NetworkDefinition) {
    this.stack = stack
    this.anvil = anvil
    this.definition = definition
  }

  /** `flags` are for anvil. */
  static async open(t: TestContext, flags: readonly string[] = []): Promise<Stage> {
    const stack = new AsyncDisposableStack()
    t.after(() => stack.disposeAsync())
    const anvil = await Anvil.lend(stack, flags)
    const transport = http(anvil.url)
    const deployment = await deploy({
      wallet: createWalletClient({ account: privateKeyToAccount(DEPLOYER), transport }),
      client: createPublicClient({ transport, pollingInterval: 10 }),
      genesis: genesisOf(holder),
      easiestTarget: EASIEST,
      minRequest: 1_000n,
      minDeposit: 1_000n,
    })
    const definition = parseDeployment(JSON.stringify(deployment), 'the test')
    return new Stage(stack, anvil, definition)
  }

  /** A new node that follows the bridge, connected to those before it; by default with a beacon node. */
  node(options: NodeOptions = {}): Promise<NodeClient> {
    return this.nodeOf(this.definition, options)
  }

  /** The same by another file of this network. */
  async nodeOf(
    definition: NetworkDefinition,
    { beacon = [this.anvil.url], isAlone = false, forWallets = false, site }: NodeOptions = {},
  ): Promise<NodeClient> {
    const peers = isAlone ? [] : this.#peers
    const node = await startNode(this.stack, this.anvil.url, definition, { beacon, peers, forWallets, site })
    if (!isAlone) this.#peers.push(node.listenAddress)
    const client = createNodeClient(node.rpcUrl)
    if (node.ethereumRpcUrl !== undefined) this.#ethereumUrls.set(client, node.ethereumRpcUrl)
    await this.until('the node to follow the bridge', async () => {
      return (await client.call('node_info', {})).bridge.state === 'live'
    })
    return client
  }

  /** Of a node `forWallets`. */
  ethereumUrlOf(node: NodeClient): string {
    const url = this.#ethereumUrls.get(node)
    if (url === undefined) throw new Error('this node has no RPC for wallets')
    return url
  }

  genesisId(): Hash {
    return blockId(this.definition.genesisBlock)
  }

  get bridge() {
    return { abi: bridgeAbi, address: this.definition.rules.bridge } as const
  }

  get token() {
    return { abi: tokenAbi, address: this.definition.rules.token } as const
  }

  /** An account on Ethereum that nobody else uses, with coins. */
  async signer(ether = 1_000n): Promise<LocalAccount> {
    this.#accounts += 1
    const account = privateKeyToAccount(`0x${formatHex(accountOf(`ethereum ${this.#accounts}`).key)}`)
    await this.anvil.client.setBalance({ address: account.address, value: ether * 10n ** 18n })
    this.#signer = account
    return account
  }

  lastSigner(): LocalAccount {
    if (this.#signer === undefined) throw new Error('no signer was made yet')
    return this.#signer
  }

  sender(signer: LocalAccount, options: SenderOptions = {}, url = this.anvil.url): TransactionSender {
    const { chain, bridge } = this.definition.rules
    const network = { chain, bridge }
    // With its first blob anvil loads a setup, which takes long on a busy machine.
    const limits = { retries: 0, timeoutMs: 60_000 }
    const ethereum = new EthereumAccount({ urls: [url], network, signer, now: Date.now }, limits)
    this.stack.defer(() => ethereum.close())
    return new TransactionSender(
      { ethereum, log, now: Date.now },
      { confirmations: 1, pollMs: 20, stuckMs: 60_000, ...options },
    )
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'ttx-miner-'))
    this.stack.defer(() => rm(folder, { recursive: true, force: true }))
    return folder
  }

  /** A miner that runs until the test ends. */
  async miner(
    node: NodeClient,
    sender: TransactionSender,
    chosen: Partial<MinerOptions> = {},
    Pool: typeof PowPool = PowPool,
  ) {
    const pool = new Pool({ log, random: bytesOf(randomOf(this.#accounts)), now: Date.now }, { threads: 1 })
    const kzg = this.stack.use(new KzgPool())
    const deps = { node, sender, pool, kzg, log, now: Date.now, random: randomOf(this.#accounts) }
    const folder = chosen.folder ?? (await this.folder())
    const miner = new Miner(deps, { longestWaitMs: 0, pollMs: 50, courtesyMs: 0, ...chosen, folder })
    this.stack.defer(() => miner.stop())
    await miner.start()
    return miner
  }

  /** Pays on the TTX side; the node takes it. */
  async pay(node: NodeClient, from: Account, body: Omit<TransactionBody, 'time'>): Promise<Infohash> {
    const { file, infohash } = pay(from, { time: 1_800_000_000, ...body }, this.definition.rules)
    const { status } = await node.call('tx_submit', { file })
    if (status !== 'accepted') throw new Error(`the node took ${infohash} as ${status}`)
    return infohash
  }

  /** Asks to move tokens to Ethereum. */
  async request(node: NodeClient, from: Account, prev: readonly Infohash[], tokens: bigint, to: Address) {
    const { chain, bridge } = this.definition.rules
    return await this.pay(node, from, { to: bridge, tokens, prev, bridge: { chain, to } })
  }

  /** The latest live child of a block: anyone who publishes beside it has to name it. */
  async latestChild(parent = this.genesisId()): Promise<BlockKey> {
    const { firstChild, lastChild } = await readRecord(this.anvil.client, this.bridge, parent)
    return parseKey(lastChild === ZERO_KEY ? firstChild : lastChild)
  }

  async balanceOf(owner: Address): Promise<bigint> {
    return await this.anvil.client.readContract({ ...this.token, functionName: 'balanceOf', args: [owner] })
  }

  /** How many entries a lane of the queue ever got. */
  async laneLength(lane: Lane): Promise<bigint> {
    const args = [LANES.indexOf(lane)] as const
    return await this.anvil.client.readContract({ ...this.bridge, functionName: 'laneLength', args })
  }

  async finalBlock(): Promise<Hash> {
    return (await this.anvil.client.readContract({ ...this.bridge, functionName: 'finalBlock' })) as Hash
  }

  /** Pays a request, from an account of the chain's own. */
  async claim({
    sealed,
    number,
    step,
    recipient,
    gross,
    siblings,
  }: ClaimProof & { readonly sealed: Uint8Array }): Promise<void> {
    const request = { number, step, to: recipient, amount: gross, siblings }
    await this.anvil.call(this.definition.rules.bridge, 'claim', [`0x${formatHex(sealed)}`, request])
  }

  /** Fees of all forced transactions, in their order, gwei. */
  async forcedFees(): Promise<bigint[]> {
    const { abi, address } = this.bridge
    const logs = await this.anvil.client.getContractEvents({
      abi,
      address,
      eventName: 'Forced',
      fromBlock: 0n,
      strict: true,
    })
    return logs.map(({ args }) => args.fee)
  }

  async skip(seconds: bigint): Promise<void> {
    const { timestamp } = await this.anvil.client.getBlock()
    await this.anvil.warp(timestamp + seconds)
  }

  /** Waits until the node has taken in what Ethereum has now: after blocks were added it stays `live` until it looks. */
  async seenBy(node: NodeClient): Promise<void> {
    const newest = await this.anvil.client.getBlockNumber()
    await this.until('the node to have seen Ethereum', async () => {
      const { state, ethereumBlock } = (await node.call('node_info', {})).bridge
      return state === 'live' && ethereumBlock !== undefined && ethereumBlock >= newest
    })
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>, waitMs = WAIT_MS): Promise<void> {
    const end = Date.now() + waitMs
    while (!(await isTrue())) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
      await delay(25)
    }
  }
}

/** An address on Ethereum that holds nothing yet. */
export function stranger(name: string): Address {
  return parseAddress(accountOf(`stranger ${name}`).address)
}

function bytesOf(random: () => number): (count: number) => Uint8Array {
  return (count) => Uint8Array.from({ length: count }, () => Math.floor(256 * random()))
}

async function startNode(
  stack: AsyncDisposableStack,
  url: string,
  definition: NetworkDefinition,
  {
    beacon,
    peers,
    forWallets,
    site,
  }: Required<Pick<NodeOptions, 'beacon' | 'forWallets'>> &
    Pick<NodeOptions, 'site'> & { readonly peers: readonly string[] },
) {
  const folder = await mkdtemp(join(tmpdir(), 'ttx-miner-node-'))
  const node = new TtxNode(
    { log, clock: Date.now, version: '0.0.0' },
    {
      folder,
      definition,
      ethereum: [url],
      beacon: [...beacon],
      rpc: { host: '127.0.0.1', port: 0 },
      ...(forWallets ? { ethereumRpc: { host: '127.0.0.1', port: 0 } } : {}),
      network: { peers: [...peers] },
      site,
      pollMs: 50,
      finalityDepth: 1n,
    },
  )
  stack.defer(async () => {
    await node.stop()
    await rm(folder, { recursive: true, force: true })
  })
  await node.start()
  return node
}
