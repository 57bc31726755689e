// Where attacks take place: an Ethereum with the bridge on it, and beside it nodes, watchers, miners, relayers and a liar, each a process.
// Everything that an attack may ask for is here, which makes the file long.

import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Hex, LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { readAllBlocks } from '../../../node/client/all-blocks.ts'
import { createNodeClient, type NodeClient } from '../../../node/client/rpc.ts'
import type { BridgeCall } from '../../../node/ethereum/calls.ts'
import type { TransactionSender } from '../../../node/ethereum/sending/sender.ts'
import { formatHex } from '../../../node/protocol/bytes.ts'
import { genesisInfohash } from '../../../node/protocol/genesis.ts'
import type { Address, Hash, Infohash } from '../../../node/protocol/ids.ts'
import { LANES } from '../../../node/protocol/queue.ts'
import { UNIT } from '../../../node/protocol/rules.ts'
import type { TransactionBody } from '../../../node/protocol/typed-data.ts'
import { saveWallet } from '../../../node/wallet/wallet-folder.ts'
import { type Account, accountOf, pay } from '../../../scripts/assure/models/world.ts'
import { dataFolder } from '../../../scripts/data-folder.ts'
import { countSupply, type SupplyCount } from '../../../scripts/devnet/demo/supply.ts'
import { deploymentOf } from '../chain/deployment-of.ts'
import { holder, Stage } from '../stage.ts'
import { LiarProcess } from './liar-client.ts'
import { type Finished, type Running, startTtx, until } from './processes.ts'
import { arenaRows } from './rows.ts'
import { Sight } from './sight.ts'

export const HOUR = 3_600n
const PASSPHRASE = 'nobody guesses this in a test'
const COINS = 1_000_000n * 10n ** 18n
// What is kept here protects nothing.
const SCRYPT_N = 4_096
/** What each process has said last is told where a test waited in vain. */
const TOLD_LINES = 15

/** A process with an account on Ethereum, and what it has logged. */
export type Actor = { readonly running: Running; readonly account: Account; readonly lines: () => LogLine[] }
type LogLine = { readonly msg: string; readonly block?: string; readonly level: string | number }
/** Settings of a process by their variables. */
export type Variables = Readonly<Record<`TTX_${string}`, string>>

export type ArenaOptions = {
  /** Of every process here, and of the first node besides. */
  readonly settings?: Variables
  readonly node?: Variables
  /** Flags of anvil. */
  readonly anvil?: readonly string[]
}

/** A transaction, packed and as a file. */
export type Signed = { readonly packed: Hex; readonly infohash: Infohash; readonly file: Uint8Array }

export class Arena extends Sight {
  /** The first node, once there is one. */
  readonly #nodes: { readonly client: NodeClient; readonly listen: string }[] = []
  readonly #folder: string
  readonly #funded = new Set<string>()
  readonly #wallets = new Set<string>()
  readonly #settings: Variables
  /** What runs under each name, and how it was started. */
  readonly #processes = new Map<
    string,
    { readonly running: Running; readonly args: readonly string[]; readonly env: Variables }
  >()

  private constructor(stage: Stage, folder: string, settings: Variables) {
    super(stage)
    this.#folder = folder
    this.#settings = settings
  }

  /** With one node; everything ends with the test. A day has passed since the bridge was deployed, so that work is cheap. */
  static async open(t: TestContext, { settings = {}, node = {}, anvil = [] }: ArenaOptions = {}): Promise<Arena> {
    const stage = await Stage.open(t, anvil)
    const folder = await stage.folder()
    const arena = new Arena(stage, folder, settings)
    await writeFile(join(folder, 'passphrase'), PASSPHRASE, { mode: 0o600 })
    await writeFile(join(folder, 'deployment.json'), deploymentOf(stage.definition))
    await stage.skip(24n * HOUR)
    await arena.startNode(undefined, undefined, node)
    return arena
  }

  get node(): NodeClient {
    const [first] = this.#nodes
    assert(first)
    return first.client
  }

  get genesis(): Infohash {
    return genesisInfohash(this.stage.definition.genesis)
  }

  /** Another node, connected to those before it, once it has this view of the bridge. */
  async startNode(
    url = this.stage.anvil.url,
    state: 'live' | 'dead' = 'live',
    settings: Variables = {},
  ): Promise<NodeClient> {
    const name = `node-${this.#nodes.length}`
    const running = this.#start(['node'], name, {
      TTX_ETHEREUM: url,
      TTX_RPC_PORT: '0',
      TTX_LISTEN_PORT: '0',
      TTX_PEERS: this.#nodes.map(({ listen }) => listen).join(','),
      TTX_FINALITY_DEPTH: '1',
      ...settings,
    })
    await running.said(/^data/m)
    const client = createNodeClient(/^RPC +(\S+)/m.exec(running.out)?.[1] ?? '')
    this.#nodes.push({ client, listen: /^BitTorrent +(\S+)/m.exec(running.out)?.[1] ?? '' })
    await this.until('the node to follow the bridge', async () => {
      return (await client.call('node_info', {})).bridge.state === state
    })
    return client
  }

  /** `ttx watch --defend`, which kills what is wrong, and nominates and finalizes what is right. */
  async startWatcher(name = 'watcher', node = this.node, settings: Variables = {}): Promise<Actor> {
    return await this.#actor(['watch', '--defend'], name, node, /^account/m, settings)
  }

  async startMiner(name = 'miner', flags: readonly string[] = [], settings: Variables = {}): Promise<Actor> {
    return await this.#actor(['miner', '--longest-wait', '0', ...flags], name, this.node, /^threads/m, settings)
  }

  async startRelayer(name = 'relayer', node = this.node, settings: Variables = {}): Promise<Actor> {
    return await this.#actor(['relay'], name, node, /^Ethereum/m, settings)
  }

  /** The process that runs, or ran last, under this name: `node-0`, `node-1`, … and whatever actors are called. */
  process(name: string): Running {
    const known = this.#processes.get(name)
    assert(known, `nothing was started as ${name}`)
    return known.running
  }

  /** Starts a process that has ended as it was started before, but for these settings, on the data that it left. A node needs ports of its own for that. */
  restart(name: string, changes: Variables = {}): Running {
    const known = this.#processes.get(name)
    assert(known, `nothing was started as ${name}`)
    return this.#start(known.args, name, { ...known.env, ...changes })
  }

  /** Somebody who publishes anything, with their own key, and has no say over anybody else's process. */
  async startLiar(name = 'liar'): Promise<LiarProcess> {
    const account = await this.account(name)
    const liar = new LiarProcess({
      ethereum: this.stage.anvil.url,
      node: this.node.url,
      key: formatHex(account.key),
    })
    this.stage.stack.use(liar)
    await liar.ready()
    return liar
  }

  /** A block with money for the liar, and money of others that the liar may want. `left` is what the holder can spend after it. */
  async endow(liar: LiarProcess, name = 'liar'): Promise<{ readonly parent: Hash; readonly left: Infohash }> {
    const { address } = await this.account(name)
    const gift = this.sign(holder, { to: address, tokens: 1_000n * UNIT, prev: [this.genesis] })
    const rest = this.sign(holder, { to: holder.address, tokens: UNIT, prev: [gift.infohash] })
    await this.submit(gift)
    await this.submit(rest)
    const { id } = await liar.publish()
    await this.seen()
    return { parent: id, left: rest.infohash }
  }

  /** `ttx` as a user with this wallet, to its end. */
  async ttx(name: string, args: readonly string[]): Promise<Finished> {
    await this.#wallet(name)
    return await this.#start(args, name, { TTX_NODE: this.node.url, TTX_ETHEREUM: this.stage.anvil.url }).finished
  }

  /** The account of this name, the same every time, which began with coins for gas and bonds. */
  async account(name: string): Promise<Account> {
    const account = accountOf(name)
    if (this.#funded.has(name)) return account
    this.#funded.add(name)
    await this.stage.anvil.client.setBalance({ address: account.address, value: COINS })
    return account
  }

  /** Signs on Ethereum for the account of this name, and sends by itself. */
  async sender(name: string): Promise<TransactionSender> {
    return this.stage.sender(signerOf(await this.account(name)))
  }

  /** Sends a call, which must pass, and answers its gas. */
  async send(sender: TransactionSender, call: BridgeCall): Promise<bigint> {
    const outcome = await sender.send(call)
    assert.equal(outcome.status, 'done', `${call.name} is ${outcome.status}`)
    assert('receipt' in outcome)
    return outcome.receipt.gasUsed
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    try {
      await until(what, async () => ((await isTrue()) ? true : undefined))
    } catch (cause) {
      const words = [...this.#processes].map(([name, { running }]) => `${name}:\n${lastLines(running.err)}`)
      throw new Error(`${cause instanceof Error ? cause.message : cause}\n${words.join('\n')}`, { cause })
    }
  }

  /** A payment or a request that nobody has seen yet. */
  sign(from: Account, body: Omit<TransactionBody, 'time'>): Signed {
    const { packed, infohash, file } = pay(from, { time: 1_800_000_000, ...body }, this.stage.definition.rules)
    return { packed: `0x${formatHex(packed)}`, infohash, file }
  }

  signRequest(from: Account, prev: readonly Infohash[], tokens: bigint, to: Address): Signed {
    const { chain, bridge } = this.stage.definition.rules
    return this.sign(from, { to: bridge, tokens, prev, bridge: { chain, to } })
  }

  /** The node takes it, with this status. */
  async submit({ file }: Signed, expected = 'accepted'): Promise<void> {
    assert.equal((await this.node.call('tx_submit', { file })).status, expected)
  }

  /** Waits until the node says this of it: its ledger follows what was judged, which comes after what was seen. */
  async becomes({ infohash }: { readonly infohash: Infohash }, status: string, block?: Hash): Promise<void> {
    await this.until(`${infohash} to be ${status}`, async () => {
      const found = await this.node.call('tx_get', { infohash })
      return found.status === status && (block === undefined || found.block === block)
    })
  }

  /** Puts packed transactions into the queue on Ethereum, from an account of nobody here. */
  async force(transactions: readonly Hex[]): Promise<void> {
    const { client } = this.stage.anvil
    const { baseFeePerGas } = await client.getBlock()
    const { floorPrice } = this.stage.definition
    const fees = transactions.reduce((sum, each) => {
      // Twice what is asked, at least: the rest comes back.
      const gas = 2n * (5_000n + 64n * BigInt(each.length / 2))
      return sum + gas * ((baseFeePerGas ?? 0n) + floorPrice) + 10n ** 9n
    }, 0n)
    const args = [LANES.indexOf('forced'), BigInt(transactions.length)] as const
    const value = fees + (await client.readContract({ ...this.stage.bridge, functionName: 'surcharge', args }))
    await this.stage.anvil.call(this.stage.definition.rules.bridge, 'force', [transactions], value)
  }

  /** Credits units of the asset that is the payer of this arena's calls. */
  async enter(amount: bigint, to: Address): Promise<void> {
    const { client } = this.stage.anvil
    const { baseFeePerGas } = await client.getBlock()
    const args = [LANES.indexOf('assets'), 1n] as const
    const surcharge = await client.readContract({ ...this.stage.bridge, functionName: 'surcharge', args })
    // Twice what is asked: the rest comes back.
    const value = surcharge + 20_000n * ((baseFeePerGas ?? 0n) + this.stage.definition.floorPrice) + 10n ** 9n
    await this.stage.anvil.call(this.stage.definition.rules.bridge, 'enter', [amount, to], value)
  }

  /** Burns wTTX of an account for one on the TTX side, in as many deposits as are asked for. */
  async deposit(from: Address, to: Address, amount: bigint, times = 1): Promise<void> {
    const { client } = this.stage.anvil
    const { bridge, token } = this.stage
    await client.impersonateAccount({ address: from })
    const as = { account: from, chain: null }
    const args = [bridge.address, amount * BigInt(times)] as const
    await client.writeContract({ ...as, ...token, functionName: 'approve', args })
    // Enough whatever the lane is like: an estimate would be of the lane before the deposits that are still under way.
    const hashes: Hex[] = []
    for (let i = 0; i < times; i++) {
      hashes.push(
        await client.writeContract({ ...as, ...bridge, gas: 200_000n, functionName: 'deposit', args: [amount, to] }),
      )
    }
    for (const hash of hashes) {
      assert.equal((await client.waitForTransactionReceipt({ hash, pollingInterval: 10 })).status, 'success')
    }
  }

  /** Waits until a block has it, and answers which. */
  async ordered(infohash: Infohash): Promise<Hash> {
    let block: Hash | undefined
    await this.until(`${infohash} to be in a block`, async () => {
      const found = await this.node.call('tx_get', { infohash })
      block = found.status === 'ordered' || found.status === 'final' ? found.block : undefined
      return block !== undefined
    })
    assert(block)
    return block
  }

  /** Waits until the recipient has exactly this much wTTX. */
  async paid(recipient: Address, wttx: bigint): Promise<void> {
    await this.until(`${recipient} to have ${wttx}`, async () => (await this.stage.balanceOf(recipient)) >= wttx)
    assert.equal(await this.stage.balanceOf(recipient), wttx)
  }

  /** Moves the clock so that the next blocks are at least this long after the publication of this one. */
  async skipTo(block: Hash, seconds: bigint): Promise<void> {
    await this.stage.anvil.warp(BigInt((await this.record(block)).publishedAt) + seconds)
  }

  /** Waits until a node has seen all that Ethereum has, and has judged what it could build on: blobs come later than the event. */
  async seen(node = this.node): Promise<void> {
    const newest = await this.stage.anvil.client.getBlockNumber()
    await this.until('the node to have seen Ethereum', async () => {
      const { state, ethereumBlock } = (await node.call('node_info', {})).bridge
      if (state !== 'live' || ethereumBlock === undefined || ethereumBlock < newest) return false
      const { blocks } = await readAllBlocks(node)
      const right = new Set(blocks.flatMap(({ id, verdict }) => (verdict === 'valid' ? [id] : [])))
      return !blocks.some(({ parent, verdict, refuted }) => verdict === 'unknown' && !refuted && right.has(parent))
    })
  }

  /** The block that the node prefers, once it has seen all that Ethereum has. */
  async tip(): Promise<Hash | undefined> {
    await this.seen()
    return (await this.node.call('node_info', {})).bridge.tip?.id
  }

  /** Counts all money, what is locked forever included: nothing may be missing. */
  async countMoney(): Promise<SupplyCount> {
    await this.seen()
    const count = await countSupply(this.stage.anvil.url, this.stage.definition, this.node)
    assert.equal(count.total, count.genesis, 'money came or went')
    return count
  }

  async #actor(
    args: readonly string[],
    name: string,
    node: NodeClient,
    ready: RegExp,
    settings: Variables,
  ): Promise<Actor> {
    const account = await this.#wallet(name)
    const running = this.#start(args, name, { TTX_NODE: node.url, TTX_ETHEREUM: this.stage.anvil.url, ...settings })
    await running.said(ready)
    return { running, account, lines: () => parseLines(running.err) }
  }

  #start(args: readonly string[], name: string, env: Variables): Running {
    const running = startTtx(args, {
      TTX_DATA: join(this.#folder, name),
      TTX_WALLET: name,
      TTX_PASSPHRASE_FILE: join(this.#folder, 'passphrase'),
      TTX_DEPLOYMENT: join(this.#folder, 'deployment.json'),
      TTX_POLL_MS: '150',
      TTX_CONFIRMATIONS: '1',
      TTX_COURTESY: '0',
      TTX_ROWS: arenaRows,
      TTX_BEACON: this.stage.anvil.url,
      TTX_LOG_JSON: 'true',
      // The chain of a test has a clock of its own.
      TTX_MAX_ETHEREUM_AGE: '0',
      ...this.#settings,
      ...env,
    })
    this.#processes.set(name, { running, args, env })
    this.stage.stack.defer(async () => void (await running.stop()))
    return running
  }

  /** The keystore of the account of this name, in a data folder of its own. */
  async #wallet(name: string): Promise<Account> {
    const account = await this.account(name)
    const { wallets } = dataFolder(join(this.#folder, name))
    await mkdir(wallets, { recursive: true })
    const isThere = this.#wallets.has(name)
    this.#wallets.add(name)
    if (!isThere) (await saveWallet(wallets, name, account.key, PASSPHRASE, { scryptN: SCRYPT_N }))[Symbol.dispose]()
    return account
  }
}

function signerOf({ key }: Account): LocalAccount {
  return privateKeyToAccount(`0x${formatHex(key)}`)
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-TOLD_LINES).join('\n')
}

/** Whole lines only: the last one may be on its way. */
function parseLines(text: string): LogLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}
