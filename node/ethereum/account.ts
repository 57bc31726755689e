// Ethereum as the miner sees it: the bridge contract and one account, over HTTP. The only file of `miner/` that opens connections,
// and therefore of more than 300 lines.

import { setTimeout as delay } from 'node:timers/promises'
import {
  BaseError,
  BlockNotFoundError,
  type ContractFunctionReturnType,
  createPublicClient,
  fallback,
  type Hex,
  http,
  InvalidParamsRpcError,
  keccak256,
  type LocalAccount,
  type PublicClient,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
  toBytes,
} from 'viem'
import { bridgeAbi } from '../../deployments/bridge-abi.ts'
import { OperationError } from '../errors.ts'
import { type Address, type Hash, parseAddress, parseHash, ZERO_HASH } from '../protocol/ids.ts'
import type { BridgeCall } from './calls.ts'
import type { Fees } from './sending/fees.ts'
import { isSilence, nameOf, readRefusal } from './refusals.ts'

export type EthereumNetwork = { readonly chain: bigint; readonly bridge: Address }

export type EthereumOptions = {
  /** For one answer. Default 10,000. */
  readonly timeoutMs?: number
  /** Further tries after a silent endpoint, with doubling pauses. Default 3. */
  readonly retries?: number
  /** Before the first retry. Default 250. */
  readonly backoffMs?: number
}

/** The newest block. Times are unix seconds; `baseFee` is wei a unit of gas. */
export type Head = {
  readonly number: bigint
  readonly hash: Hash
  readonly time: bigint
  /** The time of the next block is hardly below this: that of the newest one and what has passed since it was first seen here. */
  readonly next: bigint
  readonly baseFee: bigint
}

export type EthereumDeps = {
  /** http or https; where the first does not answer, the next is asked. */
  readonly urls: readonly string[]
  readonly network: EthereumNetwork
  /** Signs locally: its key stays where it is. */
  readonly signer: LocalAccount
  /** Milliseconds of any clock. */
  readonly now: () => number
}

export type BridgeParameters = {
  readonly token: Address
  readonly minRequest: bigint
  readonly easiestTarget: bigint
  readonly genesis: Hash
}

/** What the contract says now of a block that one would build on. Times are unix seconds. */
export type Standing = {
  readonly finalBlock: Hash
  readonly finalHeight: bigint
  readonly queueLength: bigint
  /** Zero if the contract does not know the block. */
  readonly publishedAt: bigint
  readonly isRefuted: boolean
  /** Its earliest and its latest live child, if it has any. */
  readonly children?: { readonly first: Hash; readonly last: Hash }
}

/** What the contract keeps of a block; `publishedAt` zero if it knows none. `bond` is wei. */
export type BlockRecord = {
  readonly publishedAt: bigint
  readonly isRefuted: boolean
  readonly isFinal: boolean
  readonly isUnpaid: boolean
  readonly bond: bigint
  readonly fee: bigint
}

/** A block and the ways from it to others, as the contract keeps them. Hashes are zero for none; `publishedAt` is if it knows no such block. */
export type Links = {
  readonly parent: Hash
  readonly publishedAt: bigint
  /** Cumulative, expected hashes. */
  readonly work: bigint
  readonly isRefuted: boolean
  /** Earliest live child. */
  readonly firstChild: Hash
  /** Next live sibling. */
  readonly nextSibling: Hash
}

export type Receipt = {
  readonly hash: Hash
  readonly success: boolean
  readonly block: bigint
  readonly gasUsed: bigint
  /** Wei. */
  readonly gasPrice: bigint
}

export type SignedTransaction = { readonly hash: Hash; readonly raw: Hex }

const DEFAULTS = { timeoutMs: 10_000, retries: 3, backoffMs: 250 }
const REFUTED = 1
const FINAL = 2
const UNPAID = 8
const GWEI = 1_000_000_000n
// Calldata bytes of one call without a contract, whose answer must stay below 24,576 bytes, since endpoints take it for code (EIP-170): 60 claims
// of 192 bytes, or 32 blocks of 512.
const CLAIMS_BYTES = 4_096
const RECORDS_BYTES = 1_152

/**
 * Every method throws `OperationError`: `ethereum-silent` and `ethereum-refused` (retry), `ethereum-wrong-chain`, `ethereum-no-bridge`,
 * `ethereum-closed`; `simulate` also those of `refusals.ts`.
 */
export class Ethereum {
  readonly account: Address
  readonly bridge: Address
  /** The endpoints without path and query, which often hold keys. */
  readonly name: string
  /** Tells endpoints apart without their URLs: a hash of these. */
  readonly id: Hash
  readonly #deps: EthereumDeps
  readonly #network: EthereumNetwork
  readonly #signer: LocalAccount
  readonly #options: Required<EthereumOptions>
  readonly #client: PublicClient
  readonly #closing = new AbortController()
  readonly #now: () => number
  #parameters: BridgeParameters | undefined
  #seen: { readonly hash: Hash; readonly atMs: number } | undefined
  #apart: readonly Ethereum[] | undefined

  /** Throws `OperationError('bad-endpoint')`. */
  constructor(deps: EthereumDeps, options: EthereumOptions = {}) {
    const { urls, network, signer, now } = deps
    this.account = parseAddress(signer.address)
    this.bridge = network.bridge
    this.name = nameOf(urls)
    this.id = parseHash(keccak256(toBytes(urls.join('\n'))))
    this.#deps = deps
    this.#network = network
    this.#signer = signer
    this.#now = now
    this.#options = { ...DEFAULTS, ...options }
    const fetchFn = (input: string | URL | Request, init?: RequestInit) => {
      const signals = [this.#closing.signal, ...(init?.signal ? [init.signal] : [])]
      return fetch(input, { ...init, signal: AbortSignal.any(signals) })
    }
    const each = { fetchFn, timeout: this.#options.timeoutMs, retryCount: 0 }
    const transport = fallback(
      urls.map((url) => http(url, each)),
      { retryCount: 0 },
    )
    this.#client = createPublicClient({ transport, cacheTime: 0 })
  }

  /** Ends what is under way; every later call throws `ethereum-closed`. */
  close(): void {
    this.#closing.abort()
    for (const each of this.#apart ?? []) if (each !== this) each.close()
  }

  /** Each of the endpoints by itself, where the first would answer for all others. They are closed with this one. */
  apart(): readonly Ethereum[] {
    const { urls } = this.#deps
    this.#apart ??= urls.length === 1 ? [this] : urls.map((url) => this.#only(url))
    return this.#apart
  }

  #only(url: string): Ethereum {
    const only = new Ethereum({ ...this.#deps, urls: [url] }, this.#options)
    if (this.#closing.signal.aborted) only.close()
    return only
  }

  /** What the bridge was deployed with. Checks that this is the right chain and that the contract is there; asks once. */
  async parameters(): Promise<BridgeParameters> {
    if (this.#parameters !== undefined) return this.#parameters
    const chain = BigInt(await this.#ask('chain id', (client) => client.getChainId()))
    if (chain !== this.#network.chain) throw this.#wrongChain(chain)
    const code = await this.#ask('code', (client) => client.getCode({ address: this.bridge }))
    if (code === undefined || code === '0x') throw this.#noBridge()
    const [token, minRequest, easiestTarget, genesis] = await this.#ask('parameters', (client) =>
      client.multicall({
        contracts: [
          { ...this.#contract(), functionName: 'token' },
          { ...this.#contract(), functionName: 'minRequest' },
          { ...this.#contract(), functionName: 'easiestTarget' },
          { ...this.#contract(), functionName: 'genesis' },
        ],
        deployless: true,
        allowFailure: false,
      }),
    )
    this.#parameters = { token: parseAddress(token), minRequest, easiestTarget, genesis: parseHash(genesis) }
    return this.#parameters
  }

  async head(): Promise<Head> {
    await this.parameters()
    // Read within the question: what makes no sense is the endpoint's fault, and may pass.
    const { hash, number, time, baseFee } = await this.#ask('newest block', async (client) => {
      const block = await client.getBlock({ blockTag: 'latest' })
      const { number, timestamp: time, baseFeePerGas: baseFee } = block
      if (typeof number !== 'bigint' || typeof time !== 'bigint') throw new TypeError('no number, or no time')
      return { hash: parseHash(block.hash), number, time, baseFee: baseFee ?? 0n }
    })
    if (this.#seen?.hash !== hash) this.#seen = { hash, atMs: this.#now() }
    const passed = BigInt(Math.floor(Math.max(this.#now() - this.#seen.atMs, 1_000) / 1_000))
    return { number, hash, time, next: time + passed, baseFee }
  }

  async standing(block: Hash): Promise<Standing> {
    await this.parameters()
    const [finalBlock, finalHeight, queueLength, record] = await this.#ask('standing', (client) =>
      client.multicall({
        contracts: [
          { ...this.#contract(), functionName: 'finalBlock' },
          { ...this.#contract(), functionName: 'finalHeight' },
          { ...this.#contract(), functionName: 'queueLength' },
          { ...this.#contract(), functionName: 'blocks', args: [block] },
        ],
        deployless: true,
        allowFailure: false,
      }),
    )
    return {
      finalBlock: parseHash(finalBlock),
      finalHeight,
      queueLength,
      publishedAt: BigInt(record.publishedAt),
      isRefuted: (record.flags & REFUTED) !== 0,
      ...(record.firstChild === ZERO_HASH ? {} : { children: childrenOf(record) }),
    }
  }

  async record(id: Hash): Promise<BlockRecord> {
    await this.parameters()
    const record = await this.#ask(`block ${id}`, (client) =>
      client.readContract({ ...this.#contract(), functionName: 'blocks', args: [id] }),
    )
    return {
      publishedAt: BigInt(record.publishedAt),
      isRefuted: (record.flags & REFUTED) !== 0,
      isFinal: (record.flags & FINAL) !== 0,
      isUnpaid: (record.flags & UNPAID) !== 0,
      bond: record.bond * GWEI,
      fee: record.fee,
    }
  }

  /** The hash of block `number` of Ethereum, or nothing if it has none. */
  async hashAt(number: bigint): Promise<Hash | undefined> {
    return await this.#ask(`block ${number}`, async (client) => {
      const found = await client.getBlock({ blockNumber: number }).catch((error) => absent(error, BlockNotFoundError))
      return found && parseHash(found.hash)
    })
  }

  /** How the contract linked these blocks, in the same order, and which one was final, as of block `at` of Ethereum. */
  async links(ids: readonly Hash[], at: bigint): Promise<{ readonly final: Hash; readonly links: readonly Links[] }> {
    await this.parameters()
    const together = { deployless: true, allowFailure: false, batchSize: RECORDS_BYTES, blockNumber: at } as const
    const contracts = ids.map((id) => ({ ...this.#contract(), functionName: 'blocks', args: [id] }) as const)
    return await this.#ask('links between blocks', async (client) => {
      const [final, records] = await Promise.all([
        client.readContract({ ...this.#contract(), functionName: 'finalBlock', blockNumber: at }),
        client.multicall({ contracts, ...together }),
      ])
      // viem loses the type of a list of equal calls.
      return { final: parseHash(final), links: records.map((record) => linksOf(record as ContractRecord)) }
    })
  }

  /** Which of these requests of a block were paid, in the same order. */
  async areClaimed(block: Hash, steps: readonly number[]): Promise<readonly boolean[]> {
    await this.parameters()
    const contracts = steps.map(
      (step) => ({ ...this.#contract(), functionName: 'isClaimed', args: [block, BigInt(step)] }) as const,
    )
    const together = { deployless: true, allowFailure: false, batchSize: CLAIMS_BYTES } as const
    const claimed = await this.#ask('claims', (client) => client.multicall({ contracts, ...together }))
    return claimed.map((each) => each === true) // viem loses the type of a list of equal calls
  }

  /** Wei that `withdraw` would send to the account. */
  async owed(account: Address = this.account): Promise<bigint> {
    await this.parameters()
    return await this.#ask('what is owed', (client) =>
      client.readContract({ ...this.#contract(), functionName: 'owed', args: [account] }),
    )
  }

  /** Wei of the account that pays for the transactions, or of another. */
  async balance(address: Address = this.account): Promise<bigint> {
    return await this.#ask('balance', async (client) => {
      const balance = await client.getBalance({ address })
      if (balance < 0n) throw new TypeError(`a balance is a whole number, not ${balance}`)
      return balance
    })
  }

  /** What endpoints advise as a tip, wei a unit of gas. */
  async tip(): Promise<bigint> {
    return await this.#ask('tip', (client) => client.estimateMaxPriorityFeePerGas({ chain: null }))
  }

  /** Transactions of the account, or of another: in blocks only, or with those that endpoints know of as pending. */
  async nonce(blockTag: 'latest' | 'pending', address: Address = this.account): Promise<number> {
    return await this.#ask('nonce', async (client) => {
      const nonce = await client.getTransactionCount({ address, blockTag })
      if (!Number.isSafeInteger(nonce) || nonce < 0) throw new TypeError(`a nonce is a whole number, not ${nonce}`)
      return nonce
    })
  }

  /** Runs a call as of the newest block, with its whole gas, at `time` (unix seconds). Throws what `readRefusal` makes of a revert. */
  async simulate(call: BridgeCall, value: bigint, time: bigint): Promise<void> {
    await this.parameters()
    const { account, bridge: to } = this
    const { data, gas } = call
    const run = (when: { blockOverrides?: { time: bigint } }) =>
      this.#ask(call.name, (client) => client.call({ account, to, data, gas, value, ...when }))
    try {
      await run({ blockOverrides: { time } }).catch((error) => {
        // Some endpoints, Hardhat's among them, know no overrides: then it is as of the newest block's time.
        if (isInvalidParameters(error)) return run({})
        throw error
      })
    } catch (error) {
      throw readRefusal(call.name, error) ?? error
    }
  }

  /** Units that a call without value uses as of the newest block. Throws what `readRefusal` makes of a revert. */
  async estimate(name: string, data: Hex): Promise<bigint> {
    await this.parameters()
    const { account, bridge: to } = this
    try {
      return await this.#ask(`gas of ${name}`, (client) =>
        client.estimateGas({ account, to, data, blockTag: 'latest' }),
      )
    } catch (error) {
      throw readRefusal(name, error) ?? error
    }
  }

  /** Signs a call, or without one a transaction that does nothing (to use up a nonce). */
  async sign(call: BridgeCall | undefined, nonce: number, fees: Fees, value: bigint): Promise<SignedTransaction> {
    const what = call ? { to: this.bridge, data: call.data, gas: call.gas } : { to: this.account, gas: 21_000n }
    const chainId = Number(this.#network.chain)
    const raw = await this.#signer.signTransaction({ type: 'eip1559', chainId, nonce, value, ...what, ...fees })
    return { hash: parseHash(keccak256(raw)), raw }
  }

  /** Hands a signed transaction to the endpoint. Throws `ethereum-refused` with what it says of one that it does not take. */
  async broadcast(serializedTransaction: Hex): Promise<void> {
    await this.#ask('to take a transaction', (client) => client.sendRawTransaction({ serializedTransaction }))
  }

  /** Nothing while the transaction is in no block (any more). */
  async receipt(hash: Hash): Promise<Receipt | undefined> {
    return await this.#ask('receipt', async (client) => {
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
      return { hash, success: status === 'success', block, gasUsed, gasPrice }
    })
  }

  /** Whether the endpoint has the transaction, pending or in a block. */
  async isKnown(hash: Hash): Promise<boolean> {
    const found = await this.#ask('transaction', (client) =>
      client.getTransaction({ hash }).catch((error) => absent(error, TransactionNotFoundError)),
    )
    return found !== undefined
  }

  #contract() {
    return { abi: bridgeAbi, address: this.bridge } as const
  }

  /** One question, tried again while the endpoint stays silent. */
  async #ask<T>(what: string, question: (client: PublicClient) => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        this.#closing.signal.throwIfAborted()
        return await question(this.#client)
      } catch (cause) {
        if (this.#closing.signal.aborted) {
          throw new OperationError('ethereum-closed', `the connection to ${this.name} was closed by this program`)
        }
        if (cause instanceof OperationError) throw cause
        const silent = isSilence(cause)
        if (silent && tries < this.#options.retries) {
          const pause = delay(this.#options.backoffMs * 2 ** tries, undefined, { signal: this.#closing.signal })
          await pause.catch(() => undefined) // closing is seen at the top
          continue
        }
        const text = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
        const expected = silent
          ? `expected ${this.name} to answer (${what}), got nothing of use: ${text}; check that the endpoint runs and can be reached`
          : `expected ${what} from ${this.name}, got an error: ${text}`
        const facts = { endpoint: this.name, what }
        throw new OperationError(silent ? 'ethereum-silent' : 'ethereum-refused', expected, {
          facts,
          retry: true,
          cause,
        })
      }
    }
  }

  #wrongChain(chain: bigint): OperationError {
    return new OperationError(
      'ethereum-wrong-chain',
      `expected chain ${this.#network.chain} at ${this.name}, got chain ${chain}; point the miner to an endpoint of its network`,
      { facts: { endpoint: this.name, expected: `${this.#network.chain}`, got: `${chain}` } },
    )
  }

  #noBridge(): OperationError {
    return new OperationError(
      'ethereum-no-bridge',
      `expected the bridge at ${this.bridge} on ${this.name}, got no such contract; check the address, and that the endpoint is in sync`,
      { facts: { endpoint: this.name, bridge: this.bridge }, retry: true },
    )
  }
}

type ContractRecord = ContractFunctionReturnType<typeof bridgeAbi, 'view', 'blocks'>

function linksOf({ parent, publishedAt, work, flags, firstChild, nextSibling }: ContractRecord): Links {
  const ways = { parent: parseHash(parent), firstChild: parseHash(firstChild), nextSibling: parseHash(nextSibling) }
  return { ...ways, publishedAt: BigInt(publishedAt), work, isRefuted: (flags & REFUTED) !== 0 }
}

/** The contract keeps no last one of an only child. */
function childrenOf({ firstChild, lastChild }: Readonly<Record<'firstChild' | 'lastChild', Hex>>) {
  const first = parseHash(firstChild)
  return { first, last: lastChild === ZERO_HASH ? first : parseHash(lastChild) }
}

function isInvalidParameters(error: unknown): boolean {
  const { cause } = error instanceof OperationError ? error : { cause: error }
  return cause instanceof BaseError && cause.walk((inner) => inner instanceof InvalidParamsRpcError) !== null
}

/** Nothing where the endpoint says that there is none. */
function absent(error: unknown, kind: new (...args: never[]) => BaseError) {
  if (error instanceof kind) return undefined
  throw error
}
