// The state after a published block: replayed on a state that is here already, or rebuilt from the snapshot that the node serves.

import { OperationError } from '../node/errors.ts'
import { type ParentBlock, type QueueReader, replayBlock } from '../node/protocol/block.ts'
import { decodeOutputs } from '../node/protocol/block-torrent.ts'
import { genesisState } from '../node/protocol/genesis.ts'
import { decodeSealed, type SealedHeader } from '../node/protocol/header.ts'
import type { Hash, Infohash } from '../node/protocol/ids.ts'
import type { Rules } from '../node/protocol/rules.ts'
import { type State, stateOf, stateRoot } from '../node/protocol/state.ts'
import { decodeTransaction } from '../node/protocol/transaction.ts'
import type { NodeClient } from '../node/rpc/client.ts'

/** States share most of their nodes, so a few cost little more than one. */
const KEPT = 8

export class ParentStates {
  readonly #node: NodeClient
  readonly #rules: Rules
  readonly #states = new Map<Hash, State>()

  constructor(node: NodeClient, rules: Rules) {
    this.#node = node
    this.#rules = rules
  }

  /** Remembers a state that was computed elsewhere. */
  put(id: Hash, state: State): void {
    this.#states.delete(id)
    this.#states.set(id, state)
    for (const oldest of [...this.#states.keys()].slice(0, -KEPT)) this.#states.delete(oldest)
  }

  /**
   * Throws what the node throws, and `OperationError('bad-snapshot')` (retry) where what it serves is not the block's state. `queue` is what is
   * known of the queue; without it, blocks with void steps are rebuilt from their snapshots.
   */
  async blockOf(id: Hash, sealed: SealedHeader, queue: QueueReader): Promise<ParentBlock> {
    const { header } = sealed
    const state = this.#states.get(id) ?? (await this.#stateAfter(id, sealed, queue))
    if (stateRoot(state) !== header.state) {
      throw new OperationError(
        'bad-snapshot',
        `expected the node at ${this.#node.url} to serve the state ${header.state} of block ${id}, got another one`,
        { facts: { block: id, expected: header.state, got: stateRoot(state) }, retry: true },
      )
    }
    this.put(id, state)
    return { id, header, state }
  }

  async #stateAfter(id: Hash, sealed: SealedHeader, queue: QueueReader): Promise<State> {
    const { header } = sealed
    if (header.height === 0n) return await this.#genesis(header.torrent)
    if (this.#states.has(header.parent)) {
      const replayed = await this.#replay(id, queue)
      if (replayed !== undefined) return replayed
    }
    try {
      const { files } = await this.#node.call('bridge_files', { id })
      const outputs = files.find(({ name }) => name === 'outputs.bin')?.bytes ?? new Uint8Array()
      return stateOf(decodeOutputs(outputs))
    } catch (error) {
      // A node serves the torrents of new blocks only; the final one is always new enough to replay from.
      if (!(error instanceof OperationError) || error.code !== 'files-unknown') throw error
      const replayed = await this.#replay(id, queue)
      if (replayed !== undefined) return replayed
      throw error
    }
  }

  /** Nothing where what is known of the queue does not suffice. */
  async #replay(id: Hash, queue: QueueReader): Promise<State | undefined> {
    const block = await this.#node.call('bridge_block', { id })
    const below = await this.#node.call('bridge_block', { id: block.parent })
    const parent = await this.blockOf(block.parent, decodeSealed(below.sealed), queue)
    const published = { sealed: decodeSealed(block.sealed), steps: block.packedSteps, states: block.states }
    const verdict = replayBlock(this.#rules, parent, published, queue)
    return verdict.verdict === 'valid' ? verdict.state : undefined
  }

  async #genesis(infohash: Infohash): Promise<State> {
    const { file } = await this.#node.call('tx_get', { infohash })
    const genesis = file && decodeTransaction(file)
    if (genesis?.kind === 'genesis') return genesisState(genesis)
    throw new OperationError(
      'bad-snapshot',
      `expected the node at ${this.#node.url} to have the genesis ${infohash}, got none`,
      { facts: { infohash }, retry: true },
    )
  }
}
