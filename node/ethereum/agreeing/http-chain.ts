// One endpoint of Ethereum as the node sees it: the events and the state of the bridge, every answer of a named block. Long, as it asks for all that a node needs.

import { BlockNotFoundError, ContractFunctionExecutionError, type PublicClient } from 'viem'
import { bridgeAbi } from '../../../deployments/bridge-abi.ts'
import { OperationError } from '../../errors.ts'
import {
  type Address,
  type BlockKey,
  type Hash,
  keyOf,
  parseAddress,
  parseHash,
  ZERO_HASH,
} from '../../protocol/ids.ts'
import { LANES, type Lane, type LaneLengths, ofLanes, type QueuePlace } from '../../protocol/queue.ts'
import { type Time, toGasPrice, toTime } from '../../protocol/units.ts'
import type { BridgeEvent, BridgeParameters, BridgeReading, Chain, ChainBlock } from '../chain.ts'
import { Connection, type ConnectionOptions, type Manner } from '../connection.ts'
import { failureOf, noBridge, wrongChain } from '../problems.ts'
import { AgreeingChain } from './agreement.ts'
import { type ContractRecord, type ContractSlot, toChainBlock, toEvent, toRecord } from './decode.ts'
import { Heads } from './heads.ts'
import type { EndpointWatch, EndpointWatches } from './health.ts'
import { placeInOrder } from './log-order.ts'

export type ChainOptions = ConnectionOptions & {
  /** Blocks of Ethereum in one query for logs, at most. */
  readonly maxLogBlocks?: bigint
  /** Are told how each endpoint does. */
  readonly watches?: EndpointWatches
}

export type EthereumNetwork = { readonly chain: bigint; readonly bridge: Address }

const MAX_LOG_BLOCKS = 5_000n
// Calldata bytes of one call without a contract: 32 blocks. Its code must stay below 49,152 bytes (EIP-3860), and so must its answer below
// 24,576, since endpoints mistake that for the code of a new contract (EIP-170); the record of a block takes 512.
const MULTICALL_BYTES = 1_152
// Questions at a time.
const PARALLEL = 8
/** Queries for logs of several blocks that get no answer before that is reported. */
const MOST_SILENCES = 2

/**
 * Reads the bridge through `urls` (http or https; several must agree in every answer). Throws `OperationError('bad-endpoint')`
 * where one is not such a URL.
 */
export function connectEthereum(urls: readonly string[], network: EthereumNetwork, options: ChainOptions = {}): Chain {
  if (urls.length === 0) return new HttpChain(new Connection(urls), network, options) // throws
  const chains = urls.map((url) => new HttpChain(new Connection([url], options), network, options))
  const [only] = chains
  if (only !== undefined && chains.length === 1) return only
  return new AgreeingChain(chains.map((chain) => ({ name: chain.name, chain })))
}

/** What was read of a range of blocks before a question of it failed. */
type Kept = { readonly from: bigint; readonly last: ChainBlock; readonly events: readonly BridgeEvent[] }

class HttpChain implements Chain {
  readonly name: string
  readonly #network: EthereumNetwork
  readonly #maxLogBlocks: bigint
  readonly #connection: Connection
  readonly #heads = new Heads()
  readonly #watch: EndpointWatch | undefined
  #logBlocks: bigint
  #kept: Kept | undefined
  #looks = 0
  #known = false

  constructor(
    connection: Connection,
    network: EthereumNetwork,
    { maxLogBlocks = MAX_LOG_BLOCKS, watches }: ChainOptions,
  ) {
    this.name = connection.name
    this.#watch = watches?.add(connection.name)
    this.#network = network
    this.#connection = connection
    this.#maxLogBlocks = maxLogBlocks
    this.#logBlocks = maxLogBlocks
  }

  async parameters(): Promise<BridgeParameters> {
    const { bridge } = this.#network
    const chain = BigInt(await this.#ask('chain id', (client) => client.getChainId()))
    if (chain !== this.#network.chain) throw wrongChain(this.name, this.#network.chain, chain)
    const code = await this.#ask('code', (client) => client.getCode({ address: bridge }))
    if (code === undefined || code === '0x') throw noBridge(this.name, bridge)
    const contract = { abi: bridgeAbi, address: bridge } as const
    const functions = ['chain', 'token', 'minRequest', 'minDeposit', 'floorPrice', 'easiestTarget', 'genesis'] as const
    const contracts = functions.map((functionName) => ({ ...contract, functionName }))
    const values = await this.#ask('parameters', async (client) => {
      try {
        return await client.multicall({ contracts, deployless: true, allowFailure: false })
      } catch (error) {
        throw error instanceof ContractFunctionExecutionError && failureOf(error) === 'refused'
          ? noBridge(this.name, bridge)
          : error
      }
    })
    const [stated, token, minRequest, minDeposit, floorPrice, easiestTarget, id] = values.map(String)
    if (!stated || !token || !minRequest || !minDeposit || !floorPrice || !easiestTarget || !id)
      throw noBridge(this.name, bridge)
    if (BigInt(stated) !== this.#network.chain) throw wrongChain(this.name, this.#network.chain, BigInt(stated))
    const genesis = parseHash(id)
    const record = await this.#ask('genesis', (client) =>
      client.readContract({ ...contract, functionName: 'blocks', args: [keyOf(genesis)] }),
    )
    this.#known = true
    return {
      ...this.#network,
      token: parseAddress(token),
      ...{ minRequest: BigInt(minRequest), minDeposit: BigInt(minDeposit), easiestTarget: BigInt(easiestTarget) },
      floorPrice: toGasPrice(BigInt(floorPrice)),
      genesis,
      deployedAt: toTime(record.publishedAt),
    }
  }

  async head(): Promise<ChainBlock> {
    await this.#check()
    // Every other time twice: else machines that take turns could keep time with us, and each question meet the same one of them.
    this.#looks += 1
    const other = this.#looks % 2 === 0 ? await this.#newest() : undefined
    const last = await this.#newest()
    // Of two the lower one, so that one far behind is not passed over.
    const newest = other !== undefined && other.number < last.number ? other : last
    const common = this.#heads.highest - this.#heads.lag
    if (newest.number <= common) return newest
    return (await this.blockAt(common)) ?? newest
  }

  async blockAt(number: bigint): Promise<ChainBlock | undefined> {
    await this.#check()
    const block = await this.#blockAt(number)
    if (block !== undefined || number > this.#heads.highest) return block
    // It was there: another machine may have it.
    const again = await this.#blockAt(number)
    if (again !== undefined) this.#heads.fellBehind(this.#heads.highest - number + 1n)
    return again
  }

  async events(from: bigint, to: bigint): Promise<readonly BridgeEvent[]> {
    await this.#check()
    const { events, next: start } = await this.#resume(from, to)
    let silences = 0
    for (let next = start; next <= to; ) {
      const last = next + this.#logBlocks - 1n < to ? next + this.#logBlocks - 1n : to
      try {
        for (const event of await this.#eventsOf(next, last)) events.push(event)
        next = last + 1n
        const wider = this.#logBlocks * 2n
        this.#logBlocks = wider < this.#maxLogBlocks ? wider : this.#maxLogBlocks
      } catch (error) {
        if (!(error instanceof OperationError)) throw error
        if (next > from) await this.#keep(from, next - 1n, events)
        const isSilent = error.code === 'ethereum-silent'
        silences += isSilent ? 1 : 0
        // Too wide, too many, too long: endpoints say so in many ways, or by silence, and the remedy is the same.
        if (last > next && (isSilent || error.code === 'ethereum-refused')) {
          this.#logBlocks = (last - next + 1n) / 2n
          // Else the caller may say so, and asks for less the next time: one block alone is waited for longest.
          if (silences === 0 || (silences < MOST_SILENCES && this.#logBlocks > 1n)) continue
        }
        throw error
      }
    }
    this.#kept = undefined
    return events
  }

  /** What an earlier try has read of these blocks, if the chain is still that one. */
  async #resume(from: bigint, to: bigint): Promise<{ readonly events: BridgeEvent[]; readonly next: bigint }> {
    const kept = this.#kept
    if (kept === undefined || kept.from !== from || kept.last.number > to) return { events: [], next: from }
    if ((await this.blockAt(kept.last.number))?.hash !== kept.last.hash) return { events: [], next: from }
    return { events: [...kept.events], next: kept.last.number + 1n }
  }

  async #keep(from: bigint, number: bigint, events: readonly BridgeEvent[]): Promise<void> {
    if (this.#kept?.from === from && this.#kept.last.number === number) return
    const last = await this.blockAt(number).catch(() => undefined)
    this.#kept = last && { from, last, events: [...events] }
  }

  async #newest(): Promise<ChainBlock> {
    const head = await this.#ask('newest block', async (client) =>
      toChainBlock(await client.getBlock({ blockTag: 'latest' })),
    )
    this.#heads.saw(head)
    this.#watch?.saw(head)
    return head
  }

  #blockAt(number: bigint): Promise<ChainBlock | undefined> {
    return this.#ask(`block ${number}`, async (client) => {
      try {
        return toChainBlock(await client.getBlock({ blockNumber: number }))
      } catch (error) {
        if (error instanceof BlockNotFoundError) return undefined
        throw error
      }
    })
  }

  async read(at: Hash, lengths: LaneLengths, blocks: readonly (Hash | BlockKey)[]): Promise<BridgeReading> {
    await this.#check()
    const contract = { abi: bridgeAbi, address: this.#network.bridge } as const
    const when = { blockHash: at, requireCanonical: true } as const
    const together = { deployless: true, allowFailure: false, batchSize: MULTICALL_BYTES } as const
    const wanted = blocks.map((id) => ({ ...contract, functionName: 'blocks', args: [keyOf(id)] }) as const)
    const slots = blocks.map((id) => ({ ...contract, functionName: 'slotOf', args: [keyOf(id)] }) as const)
    const lanes = LANES.map((_, i) => ({ ...contract, functionName: 'laneLength', args: [i] }) as const)
    const [finalBlock, counts, records, nominated] = await Promise.all([
      this.#ask('final block', (client) => client.readContract({ ...contract, ...when, functionName: 'finalBlock' })),
      this.#ask('lengths of the lanes', (client) => client.multicall({ contracts: lanes, ...when, ...together })),
      this.#ask('block records', (client) => client.multicall({ contracts: wanted, ...when, ...together })),
      this.#ask('slots', (client) => client.multicall({ contracts: slots, ...when, ...together })),
    ])
    // viem loses the types of a list of equal calls, which is why there are casts.
    const lengthOf = (lane: Lane) => counts[LANES.indexOf(lane)] as bigint
    const isThere = (lane: Lane) => lengths[lane] > 0n && lengths[lane] <= lengthOf(lane)
    const hashes = new Map<Lane, string>()
    for (const lane of LANES) {
      if (isThere(lane)) hashes.set(lane, (await this.#queueEntry(at, { lane, index: lengths[lane] - 1n }))[0])
    }
    return this.#connection.parse('what the contract says', () => ({
      finalBlock: parseHash(finalBlock),
      lanes: ofLanes((lane) => {
        const hash = hashes.get(lane)
        return { length: lengthOf(lane), hash: hash === undefined ? undefined : parseHash(hash) }
      }),
      records: records.map((record, i) =>
        toRecord(blocks[i] ?? ZERO_HASH, record as ContractRecord, nominated[i] as ContractSlot),
      ),
    }))
  }

  async areClaimed(at: Hash, numbers: readonly bigint[]): Promise<readonly boolean[]> {
    if (numbers.length === 0) return []
    await this.#check()
    const contract = { abi: bridgeAbi, address: this.#network.bridge } as const
    const contracts = numbers.map((number) => ({ ...contract, functionName: 'isClaimed', args: [number] }) as const)
    const when = { blockHash: at, requireCanonical: true } as const
    const together = { deployless: true, allowFailure: false, batchSize: MULTICALL_BYTES } as const
    const claimed = await this.#ask('claims', (client) => client.multicall({ contracts, ...when, ...together }))
    return claimed.map((each) => each === true) // viem loses the type of a list of equal calls
  }

  async queueTime(at: Hash, place: QueuePlace): Promise<Time> {
    await this.#check()
    return toTime((await this.#queueEntry(at, place))[1])
  }

  close(): void {
    this.#connection.close()
  }

  #queueEntry(at: Hash, { lane, index }: QueuePlace) {
    const { bridge } = this.#network
    return this.#ask(`entry ${index} of the lane of ${lane}`, (client) =>
      client.readContract({
        abi: bridgeAbi,
        address: bridge,
        blockHash: at,
        requireCanonical: true,
        functionName: 'laneEntry',
        args: [LANES.indexOf(lane), index],
      }),
    )
  }

  async #eventsOf(fromBlock: bigint, toBlock: bigint): Promise<BridgeEvent[]> {
    const logs = await this.#ask(
      `logs of blocks ${fromBlock} to ${toBlock}`,
      async (client) => {
        const range = { fromBlock, toBlock, strict: true } as const
        return placeInOrder(await client.getContractEvents({ abi: bridgeAbi, address: this.#network.bridge, ...range }))
      },
      // A narrower range may be answered. One block cannot be narrowed, and is as long as its senders were ready to pay for.
      fromBlock < toBlock ? { retries: 0 } : { isLong: true },
    )
    const blocks = await this.#blocksOf(new Set(logs.map((log) => log.blockNumber)))
    return this.#connection.parse('logs', () =>
      logs.flatMap((log) => {
        const { blockNumber: number, logIndex } = log
        const hash = parseHash(log.blockHash)
        const block = blocks.get(number)
        if (log.removed || block?.hash !== hash) throw new Error('the chain changed in the meantime')
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

  #ask<T>(what: string, question: (client: PublicClient) => Promise<T>, manner?: Manner): Promise<T> {
    const answer = this.#connection.ask(what, question, manner)
    return this.#watch === undefined ? answer : this.#watch.over(answer)
  }
}
