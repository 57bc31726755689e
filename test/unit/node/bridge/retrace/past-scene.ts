// A past of final blocks in calldata and in blobs, with deposits, assets and forced transactions of use and of none; and peers that serve it, or lie.

import type { QueuedEntry } from '../../../../../node/bridge/queue-view.ts'
import { encodePastBlock, type PastBlock } from '../../../../../node/bridge/retrace/past-block.ts'
import type { PastSource } from '../../../../../node/bridge/retrace/retrace.ts'
import { OperationError } from '../../../../../node/errors.ts'
import { blobHash } from '../../../../../node/protocol/blob-hash.ts'
import { keccak } from '../../../../../node/protocol/hash.ts'
import type { SealedHeader } from '../../../../../node/protocol/header.ts'
import { type Hash, toHash } from '../../../../../node/protocol/ids.ts'
import type { Lane, QueueEntry } from '../../../../../node/protocol/queue.ts'
import { decodeStep, splitSteps } from '../../../../../node/protocol/step.ts'
import { toBaseUnits, toGwei } from '../../../../../node/protocol/units.ts'
import { type BlockOrder, Forge, type MadeBlock } from '../../../../support/bridge/scenario.ts'
import { entriesOf } from '../../../../support/queue.ts'

/** The commitments of `Forge` are made up, so that they are worked out in no time. */
export const kzg = { hashes: async (blobs: readonly Uint8Array[]) => blobs.map((blob) => blobHash(keccak(blob))) }

export class PastScene {
  readonly forge: Forge
  /** Above genesis, oldest first. */
  readonly blocks: MadeBlock[] = []
  readonly #queue: QueueEntry[] = []
  /** How often blocks were asked for. */
  readonly asked = new Map<Hash, number>()

  constructor(seed: number, count: number, last: BlockOrder = {}) {
    this.forge = new Forge(seed)
    for (let i = 1; i <= count; i++) this.#grow(i, i === count ? last : {})
  }

  get tip(): MadeBlock {
    return this.at(this.blocks.length)
  }

  at(height: number): MadeBlock {
    const block = height === 0 ? this.forge.genesis : this.blocks[height - 1]
    if (block === undefined) throw new RangeError(`no block at height ${height}`)
    return block
  }

  /** As an honest node serves it. */
  past({ sealed, steps, states, inBlobs }: MadeBlock): PastBlock {
    const hashes = splitSteps(steps).flatMap((bytes) => {
      const step = decodeStep(bytes)
      return step?.kind === 'void' ? [step.packedHash] : []
    })
    const forced = this.#queue.flatMap((entry) => (entry.kind === 'forced' ? [entry.packed] : []))
    const voids = hashes.map((hash) => forced.find((packed) => toHash(keccak(packed)) === hash) ?? new Uint8Array())
    return { sealed, rows: inBlobs ? { blobs: inBlobs.blobs } : { steps, states }, voids }
  }

  /** As a node has it of the queue. */
  queued(lane: Lane, index: bigint): Pick<QueuedEntry, 'entry'> | undefined {
    const entry = entriesOf(this.#queue, lane)[Number(index)]
    return entry && { entry }
  }

  bytes(block: MadeBlock): Uint8Array {
    return encodePastBlock(this.past(block))
  }

  /** Has everything; a test changes what it likes. `batch` headers at a time. */
  source(batch = 3): PastSource & { headers: PastSource['headers']; block: PastSource['block'] } {
    return {
      headers: async (id) => {
        const headers: SealedHeader[] = []
        for (let next = this.forge.blocks.get(id); next !== undefined && headers.length < batch; ) {
          headers.push(next.sealed)
          next = this.forge.blocks.get(next.sealed.header.parent)
        }
        if (headers.length === 0) throw notHere()
        return headers
      },
      block: async (id) => {
        this.asked.set(id, (this.asked.get(id) ?? 0) + 1)
        const block = this.forge.blocks.get(id)
        if (block === undefined) throw notHere()
        return { bytes: this.bytes(block), blame: () => undefined }
      },
    }
  }

  #grow(i: number, order: BlockOrder): void {
    const { world } = this.forge
    const parent = this.at(this.blocks.length)
    world.state = parent.state
    const to = world.pick(world.accounts).address
    if (i % 2 === 0) this.#queue.push({ kind: 'deposit', gross: toBaseUnits(5_000n), to })
    if (i % 3 === 0)
      this.#queue.push({ kind: 'entered', asset: world.contract(), to, amount: toBaseUnits(77n), fee: toGwei(12n) })
    // One that takes effect, and one that any state refuses.
    this.#queue.push({ kind: 'forced', fee: toGwei(10n), packed: world.transaction().packed })
    if (i % 2 === 1) this.#queue.push({ kind: 'forced', fee: toGwei(11n), packed: new Uint8Array(127).fill(i, 7) })
    this.blocks.push(this.forge.make(parent, this.#queue, { transactions: 3, isInBlobs: i % 2 === 1, ...order }))
  }
}

export function notHere(): OperationError {
  return new OperationError('past-not-served', 'nobody has it', { facts: {}, retry: true })
}
