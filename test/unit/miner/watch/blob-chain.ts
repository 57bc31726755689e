// Blocks of both modes without Ethereum, and one source that has of them what a test lets it have.

import type { Source } from '../../../../miner/watch/evidence/source.ts'
import type { ParentBlock } from '../../../../node/protocol/block.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import { blockId, genesisBlock } from '../../../../node/protocol/header.ts'
import { type Hash, type Infohash, toHash } from '../../../../node/protocol/ids.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import type { Step } from '../../../../node/protocol/step.ts'
import { toGwei } from '../../../../node/protocol/units.ts'
import { accountOf, genesisOf, pay, RULES } from '../../../../scripts/assure/models/world.ts'
import { type Forged, forge } from '../../../support/miner/forge.ts'
import { type BlobForged, type BlobLies, forgeInBlobs } from '../../../support/miner/forge-blobs.ts'

export const holder = accountOf('holder')
export const genesis = genesisOf(holder)
/** No work at all: nobody asks for it here. */
const TARGET = 2n ** 256n - 1n
const rootState = genesisState(genesis)
export const rootBlock = genesisBlock({ ...RULES, easiestTarget: TARGET, state: stateRoot(rootState) })
export const root: ParentBlock = { id: blockId(rootBlock), header: rootBlock.header, state: rootState }

/** Spends what it does not own. */
export function theft(name = 'thief'): Uint8Array {
  const thief = accountOf(name)
  return pay(thief, { to: thief.address, tokens: 1n, time: 1, prev: [genesisInfohash(genesis)] }).packed
}

/** Nothing that the rules could apply. */
export function noise(byte: number): Uint8Array {
  return Uint8Array.from({ length: 127 }, (_, at) => (at < 7 ? 0 : byte))
}

export function voidStep(packed: Uint8Array): Step {
  return { kind: 'void', fee: toGwei(7n), packedHash: toHash(keccak(packed)) }
}

export class BlobChain {
  readonly blocks = new Map<Hash, Forged | BlobForged>()
  /** Forced transactions, from entry 0 on. */
  readonly queue: Uint8Array[] = []
  /** Of which blocks it has no blobs. */
  readonly dark = new Set<Hash>()
  /** Whose blobs, and which entries of the queue, were asked for. */
  readonly blobsAsked: Hash[] = []
  readonly entriesAsked: bigint[] = []
  readonly #last = new Map<Hash, Infohash>([[root.id, genesisInfohash(genesis)]])

  readonly source: Source = {
    name: 'the chain of the test',
    limitMs: 1_000,
    block: async (id) => {
      const block = this.blocks.get(id)
      if (block === undefined || !('blobs' in block)) return block
      const { sealed, hashes, entries, requests } = block
      return { sealed, hashes, entries, requests }
    },
    blobs: async (id) => {
      this.blobsAsked.push(id)
      const block = this.blocks.get(id)
      return block !== undefined && 'blobs' in block && !this.dark.has(id) ? block.blobs : undefined
    },
    forced: async (indices) => {
      this.entriesAsked.push(...indices)
      return new Map(
        indices.flatMap((index) => {
          const packed = this.queue[Number(index)]
          return packed === undefined ? [] : [[index, packed]]
        }),
      )
    },
    isFinal: async (id) => id === root.id,
  }

  /** Payments one after another, of which some ask for wTTX. */
  paying(parent: ParentBlock, count: number, isAsking: (i: number) => boolean = () => false): Step[] {
    let last = this.#last.get(parent.id) ?? genesisInfohash(genesis)
    const steps = Array.from({ length: count }, (_, time): Step => {
      const to = accountOf(`payee ${this.blocks.size} ${time}`).address
      const asked = { to: RULES.bridge, tokens: 1_000n, bridge: { chain: RULES.chain, to } }
      const body = isAsking(time) ? asked : { to, tokens: 5n }
      const { packed, infohash } = pay(holder, { ...body, time, prev: [last] })
      last = infohash
      return { kind: 'transaction', packed }
    })
    this.#ends.set(steps, last)
    return steps
  }

  async inBlobs(parent: ParentBlock, steps: readonly Step[], lies: BlobLies = {}): Promise<BlobForged> {
    return this.#add(steps, await forgeInBlobs(RULES, parent, steps, TARGET, holder.address, lies))
  }

  inCalldata(parent: ParentBlock, steps: readonly Step[], wrong?: Uint8Array): Forged {
    return this.#add(steps, forge(RULES, parent, steps, TARGET, holder.address, wrong))
  }

  readonly #ends = new Map<readonly Step[], Infohash>()

  #add<Block extends Forged | BlobForged>(steps: readonly Step[], block: Block): Block {
    this.blocks.set(block.next.id, block)
    const end = this.#ends.get(steps)
    if (end !== undefined) this.#last.set(block.next.id, end)
    return block
  }
}
