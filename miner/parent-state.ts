// The state after a published block: ours or the node's where it is the right one, else replayed from the nearest one below it.

import type { NodeClient } from '../node/client/rpc.ts'
import { OperationError } from '../node/errors.ts'
import { stepsIn } from '../node/protocol/blob-block.ts'
import type { ParentBlock, Verdict } from '../node/protocol/block.ts'
import { decodeOutputs } from '../node/protocol/block-torrent.ts'
import { genesisState } from '../node/protocol/genesis.ts'
import { blockId, decodeSealed, type Header } from '../node/protocol/header.ts'
import type { Hash } from '../node/protocol/ids.ts'
import { replayInParts, type WholeBlock } from '../node/protocol/replay.ts'
import { RuleError } from '../node/protocol/rule-error.ts'
import { LANE_SHARE, MAX_DEPTH, type Rules } from '../node/protocol/rules.ts'
import { type State, stateOf, stateRoot } from '../node/protocol/state.ts'
import { decodeStep, splitSteps } from '../node/protocol/step.ts'
import { decodeTransaction } from '../node/protocol/transaction.ts'
import { inTurns } from '../node/turns.ts'
import { badAnswer, readQueue } from './queue-reader.ts'

type Place = { readonly id: Hash; readonly header: Header }

/** States share most of their nodes, so a few cost little more than one. */
const KEPT = 8
const NEVER = new AbortController().signal

export class ParentStates {
  readonly #node: NodeClient
  readonly #rules: Rules
  readonly #tell: (problem: OperationError) => void
  readonly #states = new Map<Hash, State>()

  /** `tell` hears of files that are not those of their block: no reason to stop, and none to be silent. */
  constructor(node: NodeClient, rules: Rules, tell: (problem: OperationError) => void = () => undefined) {
    this.#node = node
    this.#rules = rules
    this.#tell = tell
  }

  /** Remembers a state that was computed elsewhere. */
  put(id: Hash, state: State): void {
    this.#states.delete(id)
    this.#states.set(id, state)
    for (const oldest of [...this.#states.keys()].slice(0, -KEPT)) this.#states.delete(oldest)
  }

  /**
   * The header must be that of `id`: its state is what the answer is checked against, no matter who sent it. Replays at most `MAX_DEPTH` blocks,
   * since none that can be built on is higher above the final one. Throws what the node throws, and `OperationError('state-unknown')` (retry).
   */
  async blockOf(id: Hash, { header }: { readonly header: Header }, signal = NEVER): Promise<ParentBlock> {
    const missing: Place[] = []
    let place: Place = { id, header }
    let known = await this.#known(place, signal)
    while (known === undefined) {
      missing.push(place)
      if (missing.length > MAX_DEPTH)
        throw this.#unknown(id, `nor one that fits any of the ${MAX_DEPTH} blocks below it`)
      place = await this.#below(place, signal)
      known = await this.#known(place, signal)
    }
    let { state } = known
    this.put(place.id, state)
    for (const next of missing.toReversed()) {
      state = await this.#replay({ ...place, state }, next, signal)
      this.put(next.id, state)
      place = next
    }
    return { id, header, state }
  }

  /** `undefined` if the state has to be replayed. */
  async #known(place: Place, signal: AbortSignal): Promise<{ readonly state: State } | undefined> {
    const { id, header } = place
    if (this.#states.has(id)) return { state: this.#states.get(id) }
    if (header.height === 0n) return { state: await this.#genesis(header, signal) }
    // One block is replayed sooner than a whole state is read.
    if (this.#states.has(header.parent)) return undefined
    try {
      const { files } = await this.#node.call('bridge_files', { id }, signal)
      const outputs = files.find(({ name }) => name === 'outputs.bin')?.bytes ?? new Uint8Array()
      const state = stateOf(decodeOutputs(outputs))
      if (stateRoot(state) === header.state) return { state }
      this.#tell(this.#bad(place, `that of ${stateRoot(state)}`))
    } catch (error) {
      if (signal.aborted || isUnreachable(error)) throw error
      // A node has the files of all that it has replayed; those of others it may lack, or be wrong about.
      const isLacking = error instanceof OperationError && error.code === 'files-unknown'
      if (!isLacking) this.#tell(this.#bad(place, `${error}`))
    }
    return undefined
  }

  async #below({ header }: Place, signal: AbortSignal): Promise<Place> {
    const { sealed } = await this.#node.call('bridge_block', { id: header.parent }, signal)
    const parent = decodeSealed(sealed)
    if (blockId(parent) !== header.parent) throw badAnswer(`the header of block ${header.parent}`)
    return { id: header.parent, header: parent.header }
  }

  async #replay(parent: ParentBlock, { id, header }: Place, signal: AbortSignal): Promise<State> {
    const verdict = await this.#judge(parent, await this.#whole(id, signal), signal)
    if (verdict.verdict === 'valid' && stateRoot(verdict.state) === header.state) return verdict.state
    if (verdict.verdict === 'valid') throw this.#unknown(id, 'and its steps, as it serves them, lead to another one')
    const why = verdict.verdict === 'unknown' ? verdict.why : `our own replay finds it wrong: ${verdict.problem}`
    throw this.#unknown(id, `and step ${verdict.step} of that block cannot be replayed: ${why}`)
  }

  /**
   * As the node has it. Blobs are not compared with their hashes, nor the rest with the header: whatever it serves, what is built on is a
   * state with the root of the header, and there is but one.
   */
  async #whole(id: Hash, signal: AbortSignal): Promise<WholeBlock> {
    const block = await this.#node.call('bridge_block', { id }, signal)
    const { hashes, entries, requestRecords: requests } = block
    const sealed = decodeSealed(block.sealed)
    if (hashes === undefined) return { sealed, steps: block.packedSteps, states: block.states }
    if (entries === undefined || requests === undefined) throw badAnswer(`the content of block ${id}`)
    const { blobs } = await this.#node.call('bridge_blobs', { id }, signal)
    return { sealed, hashes, entries, requests, blobs }
  }

  async #judge(parent: ParentBlock, block: WholeBlock, signal: AbortSignal): Promise<Verdict> {
    try {
      // Only what is void is not in the step itself.
      const isQueueNeeded = stepsOf(block).some((step) => decodeStep(step)?.kind === 'void')
      const place = { lane: 'forced', index: parent.header.lanes.forced.count } as const
      const queue = isQueueNeeded ? await readQueue(this.#node, place, LANE_SHARE, signal) : () => undefined
      return await inTurns(replayInParts(this.#rules, parent, block, queue), signal)
    } catch (error) {
      if (!(error instanceof RuleError)) throw error
      return { verdict: 'unknown', step: 0, why: error.message }
    }
  }

  async #genesis({ state: expected }: Header, signal: AbortSignal): Promise<State> {
    const { genesis: infohash } = (await this.#node.call('node_info', {}, signal)).network
    const { file } = await this.#node.call('tx_get', { infohash }, signal)
    const genesis = file && decodeTransaction(file)
    const state = genesis?.kind === 'genesis' ? genesisState(genesis) : undefined
    if (stateRoot(state) === expected) return state
    throw new OperationError(
      'state-unknown',
      `expected the node at ${this.#node.url} to have the genesis ${infohash} of this network, got another one, or none`,
      { facts: { infohash }, retry: true },
    )
  }

  #bad({ id, header }: Place, got: string): OperationError {
    return new OperationError(
      'bad-snapshot',
      `expected the node at ${this.#node.url} to serve the state ${header.state} of block ${id}, got ${got}; it is replayed instead`,
      { facts: { block: id, expected: header.state } },
    )
  }

  #unknown(id: Hash, why: string): OperationError {
    return new OperationError(
      'state-unknown',
      `expected the state after block ${id} from the node at ${this.#node.url}, got none that fits, ${why}`,
      { facts: { block: id }, retry: true },
    )
  }
}

/** None where one of those in blobs has no shape: then nothing of the queue decides. */
function stepsOf(block: WholeBlock): readonly Uint8Array[] {
  if (!('blobs' in block)) return splitSteps(block.steps)
  return stepsIn(block.blobs, block.sealed.header.stepCount) ?? []
}

function isUnreachable(error: unknown): boolean {
  return error instanceof OperationError && error.code === 'node-unreachable'
}
