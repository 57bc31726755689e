// What is older than the block with which the view begins: on disk only, so that no amount of it fills the memory.

import type { ClaimedEvent } from '../../../ethereum/chain.ts'
import type { Hash } from '../../../protocol/ids.ts'
import { laneOf, type QueuePlace } from '../../../protocol/queue.ts'
import type { QueuedEntry } from '../../queue-view.ts'
import { type BridgeBlock, payableNumbers } from '../../view.ts'
import { type BridgeDatabase, decodeRecord, encodeRecord, numberText, type Operation } from './encoding.ts'

/** What goes from memory to disk when the view begins with a newer block. */
export type Leaving = {
  readonly blocks: readonly BridgeBlock[]
  readonly entries: readonly QueuedEntry[]
  readonly claims: readonly ClaimedEvent[]
}

export class Archive {
  readonly #database: BridgeDatabase

  constructor(database: BridgeDatabase) {
    this.#database = database
  }

  /** Without its children. */
  block(id: Hash): BridgeBlock | undefined {
    return this.#read<BridgeBlock>(blockKey(id))
  }

  /** By height, those of one height in the order of publication, from a height on, or after a block. */
  async *blocks(from: bigint | BridgeBlock): AsyncGenerator<BridgeBlock> {
    if (typeof from === 'bigint' && from >= 1n << 64n) return // a key has 8 bytes of it
    const start = typeof from === 'bigint' ? { gte: `${AT}${numberText(from)}` } : { gt: orderKey(from) }
    for await (const id of this.#database.values({ ...start, lt: 'at0' })) {
      const block = this.block(decodeRecord<Hash>(id))
      if (block !== undefined) yield block
    }
  }

  entry(place: QueuePlace): QueuedEntry | undefined {
    return this.#read<QueuedEntry>(entryKey(place))
  }

  /** What a request was paid, base units; `undefined` if it was not, or so recently that the view knows. */
  paid(request: bigint): bigint | undefined {
    return this.#read<bigint>(paidKey(request))
  }

  /** Final blocks with requests that were not paid when they came here, oldest first, from a height on. */
  async *unpaid(height = 0n): AsyncGenerator<BridgeBlock> {
    for await (const [, id] of this.#database.iterator({ gte: `${UNPAID}${numberText(height)}`, lt: 'unpaid0' })) {
      const block = this.block(decodeRecord<Hash>(id))
      if (block !== undefined) yield block
    }
  }

  /** Where these are put; `isPaid` also knows what has not come here yet. */
  operations({ blocks, entries, claims }: Leaving): Operation[] {
    const operations: Operation[] = []
    const put = (key: string, value: unknown) => operations.push({ type: 'put', key, value: encodeRecord(value) })
    const paid = new Set(claims.map(({ number }) => number))
    const isPaid = (number: bigint) => paid.has(number) || this.paid(number) !== undefined
    for (const { number, amount } of claims) put(paidKey(number), amount)
    for (const entry of entries) put(entryKey({ lane: laneOf(entry.entry.kind), index: entry.index }), entry)
    for (const block of blocks) {
      put(blockKey(block.id), { ...block, children: [] })
      put(orderKey(block), block.id)
    }
    const changed = new Map(blocks.map((block) => [block.id, block]))
    for (const { block } of claims) {
      const old = changed.get(block) ?? this.block(block)
      if (old !== undefined) changed.set(block, old)
    }
    for (const block of changed.values()) {
      const { id, sealed, finality } = block
      const key = `${UNPAID}${numberText(sealed.header.height)}/${id}`
      if (finality !== undefined && payableNumbers(block).some((number) => !isPaid(number))) put(key, id)
      else operations.push({ type: 'del', key })
    }
    return operations
  }

  #read<T>(key: string): T | undefined {
    const text = this.#database.getSync(key)
    return text === undefined ? undefined : decodeRecord<T>(text)
  }
}

const UNPAID = 'unpaid/'
const AT = 'at/'

/** Sorts as `compareHeights` does. */
function orderKey({ id, sealed, place }: BridgeBlock): string {
  const { number, logIndex } = place ?? { number: 0n, logIndex: 0 }
  return `${AT}${numberText(sealed.header.height)}/${numberText(number)}/${numberText(BigInt(logIndex))}/${id}`
}

function blockKey(id: Hash): string {
  return `block/${id}`
}

function entryKey({ lane, index }: QueuePlace): string {
  return `entry/${lane}/${numberText(index)}`
}

function paidKey(request: bigint): string {
  return `paid/${numberText(request)}`
}
