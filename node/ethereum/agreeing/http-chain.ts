// Ethereum as the node sees it: the bridge contract over plain HTTP endpoints that must agree. The only file of `node/` that
// knows viem and the ABI, hence so long.

import { setTimeout as delay } from 'node:timers/promises'
import {
  type Abi,
  BaseError,
  BlockNotFoundError,
  ContractFunctionExecutionError,
  type ContractFunctionReturnType,
  createPublicClient,
  type GetContractEventsReturnType,
  type Hex,
  HttpRequestError,
  http,
  type PublicClient,
  TimeoutError,
} from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { AgreeingChain } from './agreement.ts'
import type {
  BlockRecord,
  BridgeEvent,
  BridgeParameters,
  BridgeReading,
  Chain,
  ChainBlock,
  RequestPlace,
} from '../chain.ts'
import { OperationError } from '../../errors.ts'
import { parseHex } from '../../protocol/bytes.ts'
import { type Address, type Hash, parseAddress, parseHash, ZERO_HASH } from '../../protocol/ids.ts'

export type EthereumOptions = {
  /** For one answer. */
  readonly timeoutMs?: number
  /** Further tries after a silent endpoint, with doubling pauses. */
  readonly retries?: number
  /** Before the first retry. */
  readonly backoffMs?: number
  /** Blocks of Ethereum in one query for logs, at most. */
  readonly maxLogBlocks?: bigint
}

export type EthereumNetwork = { readonly chain: bigint; readonly bridge: Address }

const DEFAULTS = { timeoutMs: 10_000, retries: 3, backoffMs: 250, maxLogBlocks: 5_000n }
const REFUTED = 1
const FINAL = 2
// Calldata bytes of one call without a contract: 32 blocks. Its code must stay below 49,152 bytes (EIP-3860), and so must its answer below
// 24,576, since endpoints take that for the code of a new contract (EIP-170); the record of a block takes 512.
const MULTICALL_BYTES = 1_152
// Questions at a time.
const PARALLEL = 8

/**
 * Reads the bridge through `urls` (http or https; several must agree in every answer). Throws `OperationError('bad-endpoint')`
 * where one is no such URL.
 */
export function connectEthereum(
  urls: readonly string[],
  network: EthereumNetwork,
  options: EthereumOptions = {},
): Chain {
  const chains = urls.map((url) => new HttpChain(url, network, options))
  const [only] = chains
  if (only === undefined) throw badEndpoint('none')
  return chains.length === 1 ? only : new AgreeingChain(chains.map((chain) => ({ name: chain.name, chain })))
}

class HttpChain implements Chain {
  /** The endpoint without path and query, which often hold keys. */
  readonly name: string
  readonly #network: EthereumNetwork
  readonly #options: Required<EthereumOptions>
  readonly #client: PublicClient
  readonly #closing = new AbortController()
  #logBlocks: bigint
  #known = false

  constructor(url: string, network: EthereumNetwork, options: EthereumOptions) {
    this.name = nameOf(url)
    this.#network = network
    this.#options = { ...DEFAULTS, ...options }
    this.#logBlocks = this.#options.maxLogBlocks
    const fetchFn = (input: string | URL | Request, init?: RequestInit) => {
      const signals = [this.#closing.signal, ...(init?.signal ? [init.signal] : [])]
      return fetch(input, { ...init, signal: AbortSignal.any(signals) })
    }
    const transport = http(url, { fetchFn, timeout: this.#options.timeoutMs, retryCount: 0 })
    this.#client = createPublicClient({ transport, cacheTime: 0 })
  }

  async parameters(): Promise<BridgeParameters> {
    const { bridge } = this.#network
    const chain = BigInt(await this.#ask('chain id', (client) => client.getChainId()))
    if (chain !== this.#network.chain) throw this.#wrongChain(chain)
    const code = await this.#ask('code', (client) => client.getCode({ address: bridge }))
    if (code === undefined || code === '0x') throw this.#noBridge()
    const contract = { abi: bridgeAbi, address: bridge } as const
    const functions = ['chain', 'token', 'minRequest', 'minDeposit', 'easiestTarget', 'genesis'] as const
    const contracts = functions.map((functionName) => ({ ...contract, functionName }))
    const values = await this.#ask('parameters', async (client) => {
      try {
        return await client.multicall({ contracts, deployless: true, allowFailure: false })
      } catch (error) {
        throw error instanceof ContractFunctionExecutionError && !isSilence(error) ? this.#noBridge() : error
      }
    })
    const [stated, token, minRequest, minDeposit, easiestTarget, id] = values.map(String)
    if (!stated || !token || !minRequest || !minDeposit || !easiestTarget || !id) throw this.#noBridge()
    if (BigInt(stated) !== this.#network.chain) throw this.#wrongChain(BigInt(stated))
    const genesis = parseHash(id)
    const record = await this.#ask('genesis', (client) =>
      client.readContract({ ...contract, functionName: 'blocks', args: [genesis] }),
    )
    this.#known = true
    return {
      ...this.#network,
      token: parseAddress(token),
      minRequest: BigInt(minRequest),
      minDeposit: BigInt(minDeposit),
      easiestTarget: BigInt(easiestTarget),
      genesis,
      deployedAt: BigInt(record.publishedAt),
    }
  }

  async head(): Promise<ChainBlock> {
    await this.#check()
    return this.#ask('newest block', async (client) => toChainBlock(await client.getBlock({ blockTag: 'latest' })))
  }

  async blockAt(number: bigint): Promise<ChainBlock | undefined> {
    await this.#check()
    return this.#ask(`block ${number}`, async (client) => {
      try {
        return toChainBlock(await client.getBlock({ blockNumber: number }))
      } catch (error) {
        if (error instanceof BlockNotFoundError) return undefined
        throw error
      }
    })
  }

  async events(from: bigint, to: bigint): Promise<readonly BridgeEvent[]> {
    await this.#check()
    const events: BridgeEvent[] = []
    for (let next = from; next <= to; ) {
      const last = next + this.#logBlocks - 1n < to ? next + this.#logBlocks - 1n : to
      try {
        for (const event of await this.#eventsOf(next, last)) events.push(event)
        next = last + 1n
        const wider = this.#logBlocks * 2n
        this.#logBlocks = wider < this.#options.maxLogBlocks ? wider : this.#options.maxLogBlocks
      } catch (error) {
        // Too wide, too many, too long: endpoints say so in many ways, and the remedy is the same.
        if (last === next || !(error instanceof OperationError) || !error.retry) throw error
        this.#logBlocks = (last - next + 1n) / 2n
      }
    }
    return events
  }

  async read(at: Hash, queueLength: bigint, blocks: readonly Hash[]): Promise<BridgeReading> {
    await this.#check()
    const contract = { abi: bridgeAbi, address: this.#network.bridge } as const
    const when = { blockHash: at, requireCanonical: true } as const
    const together = { deployless: true, allowFailure: false, batchSize: MULTICALL_BYTES } as const
    const wanted = blocks.map((id) => ({ ...contract, functionName: 'blocks', args: [id] }) as const)
    const slots = blocks.map((id) => ({ ...contract, functionName: 'slotOf', args: [id] }) as const)
    const [finalBlock, length, records, nominated] = await Promise.all([
      this.#ask('final block', (client) => client.readContract({ ...contract, ...when, functionName: 'finalBlock' })),
      this.#ask('queue length', (client) => client.readContract({ ...contract, ...when, functionName: 'queueLength' })),
      this.#ask('block records', (client) => client.multicall({ contracts: wanted, ...when, ...together })),
      this.#ask('slots', (client) => client.multicall({ contracts: slots, ...when, ...together })),
    ])
    const queueHash =
      queueLength === 0n || queueLength > length ? undefined : (await this.#queueEntry(at, queueLength - 1n))[0]
    // viem loses the types of a list of equal calls, hence the casts.
    return this.#parse('what the contract says', () => ({
      finalBlock: parseHash(finalBlock),
      queueLength: length,
      queueHash: queueHash === undefined ? undefined : parseHash(queueHash),
      records: records.map((record, i) =>
        toRecord(blocks[i] ?? ZERO_HASH, record as ContractRecord, nominated[i] as ContractSlot),
      ),
    }))
  }

  async areClaimed(at: Hash, requests: readonly RequestPlace[]): Promise<readonly boolean[]> {
    if (requests.length === 0) return []
    await this.#check()
    const contract = { abi: bridgeAbi, address: this.#network.bridge } as const
    const contracts = requests.map(
      ({ block, step }) => ({ ...contract, functionName: 'isClaimed', args: [block, BigInt(step)] }) as const,
    )
    const when = { blockHash: at, requireCanonical: true } as const
    const together = { deployless: true, allowFailure: false, batchSize: MULTICALL_BYTES } as const
    const claimed = await this.#ask('claims', (client) => client.multicall({ contracts, ...when, ...together }))
    return claimed.map((each) => each === true) // viem loses the type of a list of equal calls
  }

  async queueTime(at: Hash, index: bigint): Promise<bigint> {
    await this.#check()
    return BigInt((await this.#queueEntry(at, index))[1])
  }

  close(): void {
    this.#closing.abort()
  }

  #queueEntry(at: Hash, index: bigint) {
    const { bridge } = this.#network
    return this.#ask(`queue entry ${index}`, (client) =>
      client.readContract({
        abi: bridgeAbi,
        address: bridge,
        blockHash: at,
        requireCanonical: true,
        functionName: 'queueEntry',
        args: [index],
      }),
    )
  }

  async #eventsOf(fromBlock: bigint, toBlock: bigint): Promise<BridgeEvent[]> {
    const logs = await this.#ask(`logs of blocks ${fromBlock} to ${toBlock}`, (client) =>
      client.getContractEvents({ abi: bridgeAbi, address: this.#network.bridge, fromBlock, toBlock, strict: true }),
    )
    const blocks = await this.#blocksOf(new Set(logs.map((log) => log.blockNumber)))
    return this.#parse('logs', () =>
      logs.flatMap((log) => {
        const { blockNumber: number, logIndex } = log
        const hash = parseHash(log.blockHash)
        const block = blocks.get(number)
        if (log.removed || block?.hash !== hash) throw this.#refused('logs', new Error('the chain changed meanwhile'))
        const event = toEvent(log)
        const place = { number, hash, logIndex, transaction: parseHash(log.transactionHash), time: block.time }
        return event ? [{ ...event, place }] : []
      }),
    )
  }

  async #blocksOf(numbers: ReadonlySet<bigint>): Promise<ReadonlyMap<bigint, ChainBlock>> {
    const waiting = [...numbers]
    const blocks = new Map<bigint, ChainBlock>()
    const work = async () => {
      for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
        const block = await this.blockAt(number)
        if (block !== undefined) blocks.set(number, block)
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, work))
    return blocks
  }

  async #check(): Promise<void> {
    if (!this.#known) await this.parameters()
  }

  /** One question, tried again while the endpoint stays silent. */
  async #ask<T>(what: string, question: (client: PublicClient) => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        if (this.#closing.signal.aborted) throw this.#closed()
        return await question(this.#client)
      } catch (error) {
        if (this.#closing.signal.aborted) throw this.#closed()
        const named = this.#nameError(what, error)
        if (named.code !== 'ethereum-silent' || tries >= this.#options.retries) throw named
        await this.#pause(this.#options.backoffMs * 2 ** tries)
      }
    }
  }

  /** Makes something of an answer. What that throws is the endpoint's fault: nothing that it says is an error of ours. */
  #parse<T>(what: string, parse: () => T): T {
    try {
      return parse()
    } catch (error) {
      throw this.#nameError(what, error)
    }
  }

  async #pause(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.#closing.signal })
    } catch (cause) {
      throw this.#closing.signal.aborted ? this.#closed() : cause
    }
  }

  #nameError(what: string, cause: unknown): OperationError {
    if (cause instanceof OperationError) return cause
    const text = cause instanceof BaseError ? `${cause.shortMessage} ${cause.details ?? ''}` : String(cause)
    if (isSilence(cause)) {
      return new OperationError(
        'ethereum-silent',
        `expected ${this.name} to answer (${what}), got nothing of use: ${text}; check that the endpoint runs and can be reached`,
        { facts: { endpoint: this.name, what }, retry: true, cause },
      )
    }
    if (/prun|history (is )?(not|un)available|missing trie|older than/i.test(text)) {
      return new OperationError(
        'ethereum-pruned-logs',
        `expected ${what} from ${this.name}, but it no longer keeps what is that old: ${text}; use an endpoint with full history, or start from a block's snapshot`,
        { facts: { endpoint: this.name, what }, cause },
      )
    }
    return this.#refused(what, cause, text)
  }

  #refused(what: string, cause: unknown, text = String(cause)): OperationError {
    return new OperationError('ethereum-refused', `expected ${what} from ${this.name}, got an error: ${text}`, {
      facts: { endpoint: this.name, what },
      retry: true,
      cause,
    })
  }

  #wrongChain(chain: bigint): OperationError {
    return new OperationError(
      'ethereum-wrong-chain',
      `expected chain ${this.#network.chain} at ${this.name}, got chain ${chain}; point the node to an endpoint of its network`,
      { facts: { endpoint: this.name, expected: `${this.#network.chain}`, got: `${chain}` } },
    )
  }

  #noBridge(): OperationError {
    return new OperationError(
      'ethereum-no-bridge',
      `expected the bridge at ${this.#network.bridge} on ${this.name}, got no such contract; check the address, and that the endpoint is in sync`,
      { facts: { endpoint: this.name, bridge: this.#network.bridge }, retry: true },
    )
  }

  #closed(): OperationError {
    return new OperationError('ethereum-closed', `the connection to ${this.name} was closed by this node`)
  }
}

type ContractLog = ContractEventsOf<typeof bridgeAbi>
type ContractEventsOf<abi extends Abi> = GetContractEventsReturnType<abi, undefined, true, bigint, bigint>[number]
type ContractRecord = ContractFunctionReturnType<typeof bridgeAbi, 'view', 'blocks'>
type ContractSlot = ContractFunctionReturnType<typeof bridgeAbi, 'view', 'slotOf'>

type Unplaced<E> = E extends BridgeEvent ? Omit<E, 'place'> : never

/** Nothing for events that the node does not follow. */
function toEvent(log: ContractLog): Unplaced<BridgeEvent> | undefined {
  switch (log.eventName) {
    case 'BlockPublished': {
      const { id, parent, miner, header, steps, states, time } = log.args
      const bytes = { sealed: parseHex(header), steps: parseHex(steps), states: parseHex(states) }
      const ids = { id: parseHash(id), parent: parseHash(parent), miner: parseAddress(miner) }
      return { kind: 'published', ...ids, ...bytes, time: BigInt(time) } as const
    }
    case 'BlockRefuted':
      return { kind: 'refuted', id: parseHash(log.args.id), prover: parseAddress(log.args.prover) } as const
    case 'BlockFinalized': {
      const { id, miner, fee } = log.args
      return { kind: 'finalized', id: parseHash(id), miner: parseAddress(miner), fee } as const
    }
    case 'Nominated':
      return { kind: 'nominated', parent: parseHash(log.args.parent), block: parseHash(log.args.block_) } as const
    case 'Deposited': {
      const { index, from, to, amount, time } = log.args
      const who = { from: parseAddress(from), to: parseAddress(to) }
      return { kind: 'deposited', index, ...who, gross: amount, time: BigInt(time) } as const
    }
    case 'Forced': {
      const { index, from, fee, transaction, time } = log.args
      const what = { from: parseAddress(from), packed: parseHex(transaction) }
      return { kind: 'forced', index, ...what, fee, time: BigInt(time) } as const
    }
    case 'Claimed': {
      const { block_, index, to, amount } = log.args
      return { kind: 'claimed', block: parseHash(block_), step: Number(index), to: parseAddress(to), amount } as const
    }
    default:
      return undefined
  }
}

function toRecord(id: Hash, record: ContractRecord, slot: ContractSlot): BlockRecord {
  return {
    id,
    parent: parseHash(record.parent),
    publishedAt: BigInt(record.publishedAt),
    work: record.work,
    refuted: (record.flags & REFUTED) !== 0,
    final: (record.flags & FINAL) !== 0,
    firstChild: parseHash(record.firstChild),
    nextSibling: parseHash(record.nextSibling),
    slot: parseHash(slot[0]),
  }
}

function toChainBlock(block: {
  readonly number: bigint
  readonly hash: Hex
  readonly parentHash: Hex
  readonly timestamp: bigint
}): ChainBlock {
  if (typeof block.number !== 'bigint' || typeof block.timestamp !== 'bigint')
    throw new TypeError('no number, or no time')
  return {
    number: block.number,
    hash: parseHash(block.hash),
    parent: parseHash(block.parentHash),
    time: block.timestamp,
  }
}

/** No HTTP answer, or one that says "later" (429 and 5xx). */
function isSilence(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false
  const cause = error.walk((inner) => inner instanceof TimeoutError || inner instanceof HttpRequestError)
  if (cause instanceof TimeoutError) return true
  if (!(cause instanceof HttpRequestError)) return false
  return cause.status === undefined || cause.status === 429 || cause.status >= 500
}

function nameOf(url: string): string {
  const { protocol, host } = URL.parse(url) ?? { protocol: '', host: '' }
  if (protocol !== 'http:' && protocol !== 'https:') throw badEndpoint(protocol || 'no URL')
  return `${protocol}//${host}`
}

function badEndpoint(got: string): OperationError {
  return new OperationError(
    'bad-endpoint',
    `expected http or https URLs of Ethereum endpoints, at least one, got ${got}; WebSockets are not used`,
  )
}
