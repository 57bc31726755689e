// Facts from the node: the fastest source, since it has all of them at hand, and the only one that has states.

import type { NodeClient } from '../../../node/client/rpc.ts'
import type { OperationCode } from '../../../node/error-codes.ts'
import { OperationError } from '../../../node/errors.ts'
import { decodeOutputs } from '../../../node/protocol/block-torrent.ts'
import { decodeSealed } from '../../../node/protocol/header.ts'
import type { Hash } from '../../../node/protocol/ids.ts'
import type { Output } from '../../../node/protocol/state.ts'
import { readQueue } from '../../queue-reader.ts'
import type { PostedBlock, Source } from './source.ts'

/** Entries of the queue in one answer, at most. */
const AT_ONCE = 500

export class NodeSource implements Source {
  readonly name: string
  readonly limitMs: number
  readonly #node: NodeClient

  constructor(node: NodeClient, limitMs = 10_000) {
    this.name = `the node at ${node.url}`
    this.#node = node
    this.limitMs = limitMs
  }

  async block(id: Hash, signal: AbortSignal): Promise<PostedBlock | undefined> {
    const served = await orNone(this.#node.call('bridge_block', { id }, signal), 'unknown-block')
    if (served === undefined) return undefined
    const sealed = decodeSealed(served.sealed)
    const { hashes, entries, requestRecords: requests } = served
    if (hashes === undefined || entries === undefined || requests === undefined)
      return { sealed, steps: served.packedSteps, states: served.states }
    return { sealed, hashes, entries, requests }
  }

  async blobs(id: Hash, _: readonly Hash[], signal: AbortSignal): Promise<readonly Uint8Array[] | undefined> {
    return (await orNone(this.#node.call('bridge_blobs', { id }, signal), 'blobs-unknown', 'unknown-block'))?.blobs
  }

  async forced(indices: readonly bigint[], signal: AbortSignal): Promise<ReadonlyMap<bigint, Uint8Array>> {
    const found = new Map<bigint, Uint8Array>()
    for (let waiting = [...indices]; waiting[0] !== undefined; ) {
      const [first] = waiting
      const queue = await readQueue(this.#node, { lane: 'forced', index: first }, AT_ONCE, signal)
      for (const index of waiting) {
        const entry = queue({ lane: 'forced', index })
        if (entry?.kind === 'forced') found.set(index, entry.packed)
      }
      waiting = waiting.filter((index) => index >= first + BigInt(AT_ONCE))
    }
    return found
  }

  async isFinal(id: Hash, signal: AbortSignal): Promise<boolean> {
    return (await orNone(this.#node.call('bridge_block', { id }, signal), 'unknown-block'))?.final ?? false
  }

  async snapshot(id: Hash, signal: AbortSignal): Promise<Iterable<Output> | undefined> {
    const served = await orNone(this.#node.call('bridge_files', { id }, signal), 'files-unknown', 'unknown-block')
    // Empty files are left out, and after a block there is always money.
    const outputs = served?.files.find(({ name }) => name === 'outputs.bin')
    return outputs && decodeOutputs(outputs.bytes)
  }

  async genesis(signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { genesis: infohash } = (await this.#node.call('node_info', {}, signal)).network
    return (await orNone(this.#node.call('tx_get', { infohash }, signal), 'transaction-not-found'))?.file
  }
}

/** `undefined` if the node says in one of these ways that it has none. */
async function orNone<T>(answer: Promise<T>, ...codes: readonly OperationCode[]): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof OperationError && codes.includes(error.code)) return undefined
    throw error
  }
}
