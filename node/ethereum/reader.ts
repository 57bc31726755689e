// The bridge contract as one asks it now, over HTTP: no key is needed to read. Long because all questions of node, miner and commands are here.

import {
  BaseError,
  BlockNotFoundError,
  type ContractFunctionReturnType,
  type Hex,
  InvalidParamsRpcError,
  type Log,
  type PublicClient,
  parseEventLogs,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
} from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { tokenAbi } from '../../deployments/token-abi.ts'
import { OperationError } from '../errors.ts'
import {
  type Address,
  type BlockKey,
  type Hash,
  keyOf,
  parseAddress,
  parseHash,
  parseKey,
  tagOf,
  ZERO_KEY,
} from '../protocol/ids.ts'
import { LANES, type Lane, type LaneLengths } from '../protocol/queue.ts'
import {
  type GasPrice,
  type Gwei,
  later,
  type Time,
  toGasPrice,
  toGwei,
  toSeconds,
  toTime,
  toWei,
  toWork,
  type Wei,
  type Work,
  weiOf,
} from '../protocol/units.ts'
import { tryBlobCall } from './blobs/try-call.ts'
import type { Trial } from './calls.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { failureOf, noBridge, wrongChain } from './problems.ts'
import { readRefusal } from './refusals.ts'

export type EthereumNetwork = { readonly chain: bigint; readonly bridge: Address }

/** The newest block. */
export type Head = {
  readonly number: bigint
  readonly hash: Hash
  readonly time: Time
  /** The time of the next block is hardly below this: that of the newest one and what has passed since it was first seen here. */
  readonly next: Time
  readonly baseFee: GasPrice
}

export type ReaderDeps = {
  /** http or https; where the first does not answer, the next is asked. */
  readonly urls: readonly string[]
  readonly network: EthereumNetwork
  /** Milliseconds of any clock. */
  readonly now: () => number
}

export type BridgeParameters = {
  readonly token: Address
  readonly minRequest: bigint
  readonly easiestTarget: bigint
  /** What bonds and entries of the queue cost for a unit of gas at least. */
  readonly floorPrice: GasPrice
  readonly genesis: Hash
}

/** What the contract says now of a block that one would build on. */
export type Standing = {
  readonly finalBlock: Hash
  readonly finalHeight: bigint
  readonly lanes: LaneLengths
  /** Zero if the contract does not know the block. */
  readonly publishedAt: Time
  readonly isRefuted: boolean
  /** Its earliest and its latest live child, if it has any. */
  readonly children?: { readonly first: BlockKey; readonly last: BlockKey }
}

/** What the contract keeps of a block; `publishedAt` zero if it knows none. */
export type BlockRecord = {
  readonly publishedAt: Time
  readonly isRefuted: boolean
  readonly isFinal: boolean
  readonly isUnpaid: boolean
  readonly bond: Wei
}

/** A block and the ways from it to others, as the contract keeps them. Keys are zero for none; `publishedAt` is if it knows no such block. */
export type Links = {
  /** The 8 bytes of its id before its key. */
  readonly tag: string
  readonly parent: BlockKey
  readonly publishedAt: Time
  /** Cumulative, expected hashes. */
  readonly work: Work
  readonly isRefuted: boolean
  /** Earliest live child. */
  readonly firstChild: BlockKey
  /** Next live sibling. */
  readonly nextSibling: BlockKey
}

/**
 * What went into the queue of the bridge: its number in its lane, of a forced transaction and of an asset its `fee`, and of an asset who entered it and
 * how much, in base units of it.
 */
export type QueuedEntry = {
  readonly index: bigint
  readonly fee?: Gwei
  readonly asset?: Address
  readonly amount?: bigint
}

/** What a permit of an account has to say (EIP-712, EIP-2612). `time` is that of the newest block. */
export type PermitFacts = { readonly name: string; readonly nonce: bigint; readonly time: Time }

export type Receipt = {
  readonly hash: Hash
  readonly success: boolean
  readonly block: bigint
  readonly gasUsed: bigint
  readonly gasPrice: GasPrice
  /** What its blobs cost, beside the gas. */
  readonly blobCost?: Wei
  /** What it has put into the queue of the bridge, in its order. */
  readonly queued?: readonly QueuedEntry[]
}

const REFUTED = 1
const FINAL = 2
const UNPAID = 8
// Calldata bytes of one call without a contract, whose answer must stay below 24,576 bytes, since endpoints mistake it for code (EIP-170): 60 claims
// of 192 bytes, or 32 blocks of 512.
const CLAIMS_BYTES = 4_096
const RECORDS_BYTES = 1_152

/**
 * Every method throws `OperationError`: those of `Connection.ask`, `ethereum-wrong-chain`, `ethereum-no-bridge`; `simulate` and `estimate` also
 * those of `refusals.ts`.
 */
export class EthereumReader {
  readonly bridge: Address
  /** The endpoints without path and query, which often hold keys. */
  readonly name: string
  /** Tells endpoints apart without their URLs. */
  readonly id: Hash
  readonly #deps: ReaderDeps
  readonly #options: ConnectionOptions
  readonly #connection: Connection
  #parameters: BridgeParameters | undefined
  #seen: { readonly hash: Hash; readonly atMs: number } | undefined
  #apart: readonly this[] | undefined

  /** Throws `OperationError('bad-endpoint')`. */
  constructor(deps: ReaderDeps, options: ConnectionOptions = {}) {
    this.#deps = deps
    this.#options = options
    this.#connection = new Connection(deps.urls, options)
    this.bridge = deps.network.bridge
    this.name = this.#connection.name
    this.id = this.#connection.id
  }

  get network(): EthereumNetwork {
    return this.#deps.network
  }

  /** Ends what is under way; every later call throws `ethereum-closed`. */
  close(): void {
    this.#connection.close()
    for (const each of this.#apart ?? []) if (each !== this) each.close()
  }

  /** Each of the endpoints separately, where the first would answer for all others. They are closed with this one. */
  apart(): readonly this[] {
    const { urls } = this.#deps
    this.#apart ??= urls.length === 1 ? [this] : urls.map((url) => this.#only(url))
    return this.#apart
  }

  /** The same through one endpoint alone. */
  protected only(url: string, options: ConnectionOptions): EthereumReader {
    return new EthereumReader({ ...this.#deps, urls: [url] }, options)
  }

  #only(url: string): this {
    const only = this.only(url, this.#options) as this // whatever extends this class makes its own kind
    if (this.#connection.isClosed) only.close()
    return only
  }

  /** What the bridge was deployed with. Checks that this is the right chain and that the contract is there; asks once. */
  async parameters(): Promise<BridgeParameters> {
    if (this.#parameters !== undefined) return this.#parameters
    await this.checkChain()
    const code = await this.ask('code', (client) => client.getCode({ address: this.bridge }))
    if (code === undefined || code === '0x') throw noBridge(this.name, this.bridge)
    const [token, minRequest, easiestTarget, floorPrice, genesis] = await this.ask('parameters', (client) =>
      client.multicall({
        contracts: [
          { ...this.#contract(), functionName: 'token' },
          { ...this.#contract(), functionName: 'minRequest' },
          { ...this.#contract(), functionName: 'easiestTarget' },
          { ...this.#contract(), functionName: 'floorPrice' },
          { ...this.#contract(), functionName: 'genesis' },
        ],
        deployless: true,
        allowFailure: false,
      }),
    )
    this.#parameters = {
      ...{ token: parseAddress(token), minRequest, easiestTarget },
      ...{ floorPrice: toGasPrice(floorPrice), genesis: parseHash(genesis) },
    }
    return this.#parameters
  }

  /** Throws `ethereum-wrong-chain`. */
  protected async checkChain(): Promise<void> {
    const chain = BigInt(await this.ask('chain id', (client) => client.getChainId()))
    if (chain !== this.network.chain) throw wrongChain(this.name, this.network.chain, chain)
  }

  /** Throws unless this is the right chain and what is asked about is there. */
  protected async ready(): Promise<void> {
    await this.parameters()
  }

  async head(): Promise<Head> {
    await this.ready()
    // Read within the question: what makes no sense is the endpoint's fault, and may pass.
    const { hash, number, time, baseFee } = await this.ask('newest block', async (client) => {
      const block = await client.getBlock({ blockTag: 'latest' })
      const { number, timestamp: time, baseFeePerGas: baseFee } = block
      if (typeof number !== 'bigint' || typeof time !== 'bigint') throw new TypeError('no number, or no time')
      return { hash: parseHash(block.hash), number, time: toTime(time), baseFee: toGasPrice(baseFee ?? 0n) }
    })
    if (this.#seen?.hash !== hash) this.#seen = { hash, atMs: this.#deps.now() }
    const passed = toSeconds(Math.floor(Math.max(this.#deps.now() - this.#seen.atMs, 1_000) / 1_000))
    return { number, hash, time, next: later(time, passed), baseFee }
  }

  async standing(block: Hash): Promise<Standing> {
    await this.parameters()
    const [finalBlock, finalHeight, deposits, assets, forced, record] = await this.ask('standing', (client) =>
      client.multicall({
        contracts: [
          { ...this.#contract(), functionName: 'finalBlock' },
          { ...this.#contract(), functionName: 'finalHeight' },
          { ...this.#contract(), functionName: 'laneLength', args: [LANES.indexOf('deposits')] },
          { ...this.#contract(), functionName: 'laneLength', args: [LANES.indexOf('assets')] },
          { ...this.#contract(), functionName: 'laneLength', args: [LANES.indexOf('forced')] },
          { ...this.#contract(), functionName: 'blocks', args: [keyOf(block)] },
        ],
        deployless: true,
        allowFailure: false,
      }),
    )
    return {
      finalBlock: parseHash(finalBlock),
      finalHeight,
      lanes: { deposits, assets, forced },
      publishedAt: isOf(record, block) ? toTime(record.publishedAt) : toTime(0n),
      isRefuted: (record.flags & REFUTED) !== 0,
      ...(record.firstChild === ZERO_KEY ? {} : { children: childrenOf(record) }),
    }
  }

  async record(id: Hash): Promise<BlockRecord> {
    await this.parameters()
    const record = await this.ask(`block ${id}`, (client) =>
      client.readContract({ ...this.#contract(), functionName: 'blocks', args: [keyOf(id)] }),
    )
    const flags = isOf(record, id) ? record.flags : 0
    return {
      publishedAt: isOf(record, id) ? toTime(record.publishedAt) : toTime(0n),
      isRefuted: (flags & REFUTED) !== 0,
      isFinal: (flags & FINAL) !== 0,
      isUnpaid: (flags & UNPAID) !== 0,
      bond: weiOf(toGwei(isOf(record, id) ? BigInt(record.bond) : 0n)),
    }
  }

  /** What the next `entries` entries of a lane cost on top, as `surcharge` says it once `ahead` others have come before them. */
  async surcharge(lane: Lane, entries: number, ahead: number): Promise<Wei> {
    const args = (count: number) => [LANES.indexOf(lane), BigInt(count)] as const
    const [all, others] = await this.ask('surcharge', (client) =>
      client.multicall({
        contracts: [
          { ...this.#contract(), functionName: 'surcharge', args: args(ahead + entries) },
          { ...this.#contract(), functionName: 'surcharge', args: args(ahead) },
        ],
        deployless: true,
        allowFailure: false,
      }),
    )
    return toWei(all > others ? all - others : 0n)
  }

  /** The hash of block `number` of Ethereum, or `undefined` if it has none. */
  async hashAt(number: bigint): Promise<Hash | undefined> {
    return await this.ask(`block ${number}`, async (client) => {
      const found = await client.getBlock({ blockNumber: number }).catch((error) => absent(error, BlockNotFoundError))
      return found && parseHash(found.hash)
    })
  }

  /** How the contract linked these blocks, in the same order, and which one was final, as of block `at` of Ethereum. */
  async links(
    keys: readonly BlockKey[],
    at: bigint,
  ): Promise<{ readonly final: Hash; readonly links: readonly Links[] }> {
    await this.parameters()
    const together = { deployless: true, allowFailure: false, batchSize: RECORDS_BYTES, blockNumber: at } as const
    const contracts = keys.map((key) => ({ ...this.#contract(), functionName: 'blocks', args: [key] }) as const)
    return await this.ask('links between blocks', async (client) => {
      const [final, records] = await Promise.all([
        client.readContract({ ...this.#contract(), functionName: 'finalBlock', blockNumber: at }),
        client.multicall({ contracts, ...together }),
      ])
      // viem loses the type of a list of equal calls.
      return { final: parseHash(final), links: records.map((record) => linksOf(record as ContractRecord)) }
    })
  }

  /** Which of these requests of a block were paid, in the same order. */
  async areClaimed(numbers: readonly bigint[]): Promise<readonly boolean[]> {
    await this.parameters()
    const contracts = numbers.map(
      (number) => ({ ...this.#contract(), functionName: 'isClaimed', args: [number] }) as const,
    )
    const together = { deployless: true, allowFailure: false, batchSize: CLAIMS_BYTES } as const
    const claimed = await this.ask('claims', (client) => client.multicall({ contracts, ...together }))
    return claimed.map((each) => each === true) // viem loses the type of a list of equal calls
  }

  /** What `withdraw` would send to an account. */
  async owed(account: Address): Promise<Wei> {
    await this.parameters()
    return await this.ask('what is owed', async (client) =>
      toWei(await client.readContract({ ...this.#contract(), functionName: 'owed', args: [account] })),
    )
  }

  /** Of an account. */
  async balance(address: Address): Promise<Wei> {
    return await this.ask('balance', async (client) => {
      const balance = await client.getBalance({ address })
      if (balance < 0n) throw new TypeError(`a balance is a whole number, not ${balance}`)
      return toWei(balance)
    })
  }

  /** wTTX of an account, base units. */
  async tokenBalance(owner: Address): Promise<bigint> {
    const token = await this.#token()
    return await this.ask('wTTX balance', (client) =>
      client.readContract({ ...token, functionName: 'balanceOf', args: [owner] }),
    )
  }

  /** wTTX in existence, base units. */
  async tokenSupply(): Promise<bigint> {
    const token = await this.#token()
    return await this.ask('wTTX supply', (client) => client.readContract({ ...token, functionName: 'totalSupply' }))
  }

  async permitFacts(owner: Address): Promise<PermitFacts> {
    const token = await this.#token()
    return await this.ask('what a permit needs', async (client) => {
      const [name, nonce, { timestamp: time }] = await Promise.all([
        client.readContract({ ...token, functionName: 'name' }),
        client.readContract({ ...token, functionName: 'nonces', args: [owner] }),
        client.getBlock({ blockTag: 'latest' }),
      ])
      return { name, nonce, time: toTime(time) }
    })
  }

  /** The least that may be burned, base units. */
  async minDeposit(): Promise<bigint> {
    return await this.ask('least deposit', (client) =>
      client.readContract({ ...this.#contract(), functionName: 'minDeposit' }),
    )
  }

  /** What endpoints advise as a tip. */
  async tip(): Promise<GasPrice> {
    return await this.ask('tip', async (client) =>
      toGasPrice(await client.estimateMaxPriorityFeePerGas({ chain: null })),
    )
  }

  /** Whether blocks of its chain can have blobs (EIP-4844). */
  async hasBlobs(): Promise<boolean> {
    return await this.ask('newest block', async (client) => {
      const { excessBlobGas } = await client.getBlock({ blockTag: 'latest' })
      return typeof excessBlobGas === 'bigint'
    })
  }

  /** What a unit of blob gas costs in the newest block or in the next one (EIP-4844), which differ by an eighth at most. */
  async blobBaseFee(): Promise<GasPrice> {
    return await this.ask('price of blobs', async (client) => {
      const price = await client.getBlobBaseFee().catch((error) => {
        // Some endpoints have it in the history of fees only. It does not follow from a header alone: each fork changes the formula.
        if (failureOf(error) === 'refused') return blobBaseFeeOf(client)
        throw error
      })
      if (price <= 0n) throw new TypeError('its chain has no blobs')
      return toGasPrice(price)
    })
  }

  /** Transactions of an account: in blocks (up to one of them), or with those that endpoints know of as pending. */
  async nonce(at: 'latest' | 'pending' | bigint, address: Address): Promise<number> {
    return await this.ask('nonce', async (client) => {
      const when = typeof at === 'bigint' ? { blockNumber: at } : { blockTag: at }
      const nonce = await client.getTransactionCount({ address, ...when })
      if (!Number.isSafeInteger(nonce) || nonce < 0) throw new TypeError(`a nonce is a whole number, not ${nonce}`)
      return nonce
    })
  }

  /**
   * Runs a call of `from` as of the newest block, with its whole gas, at `time`; one with blobs shows the contract their hashes, and offers
   * `maxFeePerBlobGas` for them. Throws what `readRefusal` makes of a revert.
   */
  async simulate(call: Trial, value: Wei, time: Time, from: Address, maxFeePerBlobGas?: GasPrice): Promise<void> {
    await this.parameters()
    const { data, gas, sidecar, to = this.bridge } = call
    const run = (when: { blockOverrides?: { time: bigint } }) =>
      this.ask(call.name, async (client) => {
        const what = { to, data, gas, value, ...when }
        if (sidecar === undefined) await client.call({ account: from, ...what })
        else
          await tryBlobCall(client, { from, ...what, maxFeePerBlobGas: maxFeePerBlobGas ?? 0n, hashes: sidecar.hashes })
      })
    try {
      await run({ blockOverrides: { time } }).catch((error) => {
        // Some endpoints, Hardhat's among them, know no overrides: then it is as of the newest block's time.
        if (isInvalidParameters(error)) return run({})
        throw error
      })
    } catch (error) {
      throw readRefusal(call.name, error, call.to !== undefined) ?? error
    }
  }

  /** Units that a call of `from` without value uses as of the newest block. Throws what `readRefusal` makes of a revert. */
  async estimate(name: string, data: Hex, from: Address): Promise<bigint> {
    await this.parameters()
    const to = this.bridge
    const account = from
    try {
      return await this.ask(`gas of ${name}`, (client) => client.estimateGas({ account, to, data, blockTag: 'latest' }))
    } catch (error) {
      throw readRefusal(name, error) ?? error
    }
  }

  /** Hands a signed transaction to the endpoint. Throws `ethereum-refused` with what it says of one that it does not accept. */
  async broadcast(serializedTransaction: Hex): Promise<void> {
    const send = (client: PublicClient) => client.sendRawTransaction({ serializedTransaction })
    // Six blobs are 1.6 MB, and take their time on a slow line. They are in transactions of type 3.
    const isLong = serializedTransaction.startsWith('0x03')
    await this.#connection.ask('to take a transaction', send, { retries: 0, isLong })
  }

  /** `undefined` while the transaction is in no block (any more). */
  async receipt(hash: Hash): Promise<Receipt | undefined> {
    return await this.ask('receipt', async (client) => {
      const found = await client
        .getTransactionReceipt({ hash })
        .catch((error) => absent(error, TransactionReceiptNotFoundError))
      if (found === undefined) return undefined
      const { status, blockNumber: block, gasUsed, effectiveGasPrice: gasPrice } = found
      if (status !== 'success' && status !== 'reverted') throw new TypeError('a receipt without a status')
      for (const each of [block, gasUsed, gasPrice]) {
        if (typeof each !== 'bigint') throw new TypeError('a receipt without block, gas or price')
      }
      // A receipt is worth what its block says.
      const { hash: blockHash, transactions } = await client.getBlock({ blockNumber: block })
      if (blockHash !== found.blockHash || !transactions.includes(hash)) {
        throw new Error(`block ${block} does not have the transaction of the receipt`)
      }
      const blobCost = toWei((found.blobGasUsed ?? 0n) * (found.blobGasPrice ?? 0n))
      const queued = queuedIn(found.logs.filter(({ address }) => address.toLowerCase() === this.bridge))
      return {
        hash,
        success: status === 'success',
        block,
        gasUsed,
        gasPrice: toGasPrice(gasPrice),
        ...(blobCost > 0n && { blobCost }),
        ...(queued.length > 0 && { queued }),
      }
    })
  }

  /** Whether the endpoint has the transaction, pending or in a block. */
  async isKnown(hash: Hash): Promise<boolean> {
    const found = await this.ask('transaction', (client) =>
      client.getTransaction({ hash }).catch((error) => absent(error, TransactionNotFoundError)),
    )
    return found !== undefined
  }

  async #token() {
    return { abi: tokenAbi, address: (await this.parameters()).token } as const
  }

  #contract() {
    return { abi: bridgeAbi, address: this.bridge } as const
  }

  /** Any other question. */
  ask<T>(what: string, question: (client: PublicClient) => Promise<T>): Promise<T> {
    return this.#connection.ask(what, question)
  }
}

type ContractRecord = ContractFunctionReturnType<typeof bridgeAbi, 'view', 'blocks'>

/** Another block can have the key of this one: then there is none by its id. */
function isOf({ tag }: ContractRecord, id: Hash): boolean {
  return tag.toLowerCase() === tagOf(id)
}

function linksOf({ tag, parent, publishedAt, work, flags, firstChild, nextSibling }: ContractRecord): Links {
  const ways = { parent: parseKey(parent), firstChild: parseKey(firstChild), nextSibling: parseKey(nextSibling) }
  return {
    ...ways,
    tag: tag.toLowerCase(),
    publishedAt: toTime(publishedAt),
    work: toWork(work),
    isRefuted: (flags & REFUTED) !== 0,
  }
}

/** The contract keeps no last one of an only child. */
function childrenOf({ firstChild, lastChild }: Readonly<Record<'firstChild' | 'lastChild', Hex>>) {
  const first = parseKey(firstChild)
  return { first, last: lastChild === ZERO_KEY ? first : parseKey(lastChild) }
}

/** The last price of `eth_feeHistory`, which is that of the next block. */
async function blobBaseFeeOf(client: PublicClient): Promise<bigint> {
  const answer: { readonly baseFeePerBlobGas?: readonly Hex[] } = await client.request({
    method: 'eth_feeHistory',
    params: ['0x1', 'latest', []],
  })
  const last = answer.baseFeePerBlobGas?.at(-1)
  if (last === undefined) throw new TypeError('it knows no price of blobs')
  return BigInt(last)
}

function isInvalidParameters(error: unknown): boolean {
  const { cause } = error instanceof OperationError ? error : { cause: error }
  return cause instanceof BaseError && cause.walk((inner) => inner instanceof InvalidParamsRpcError) !== null
}

/** `undefined` if the endpoint says that there is none. */
function absent(error: unknown, kind: new (...args: never[]) => BaseError) {
  if (error instanceof kind) return undefined
  throw error
}

function queuedIn(logs: readonly Log[]): readonly QueuedEntry[] {
  return parseEventLogs({ abi: bridgeAbi, logs: [...logs], strict: true }).flatMap((log): QueuedEntry[] => {
    if (log.eventName === 'Deposited') return [{ index: log.args.index }]
    if (log.eventName === 'Forced') return [{ index: log.args.index, fee: toGwei(log.args.fee) }]
    if (log.eventName !== 'Entered') return []
    const { index, fee, asset, amount } = log.args
    return [{ index, fee: toGwei(fee), asset: parseAddress(asset), amount }]
  })
}
