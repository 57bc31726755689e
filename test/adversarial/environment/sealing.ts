// Seals any block that the driver thinks of, in this thread: header, torrent of its choice, and a nonce.

import { setImmediate as turn } from 'node:timers/promises'
import { digestOf, encodeNonce, noncePrefix } from '../../../miner/work/nonce.ts'
import { createWasmSearch } from '../../../miner/work/wasm-search.ts'
import { deriveHeader, requestsOf } from '../../../node/protocol/block.ts'
import { blockTorrent } from '../../../node/protocol/block-torrent.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { challengeOf, encodeSealed, type SealedHeader } from '../../../node/protocol/header.ts'
import { type Address, type Hash, type Infohash, toBytes } from '../../../node/protocol/ids.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import type { State } from '../../../node/protocol/state.ts'
import { workOf } from '../../../node/protocol/target.ts'

/** What is posted, and the state that its author goes on from; none where there is nobody who could open it. */
export type Posted = {
  readonly steps: readonly Uint8Array[]
  readonly states: readonly Hash[]
  readonly state?: State
}

export type Draft = Posted & {
  readonly parent: Hash
  readonly below: SealedHeader
  readonly target: bigint
  readonly miner: Address
  /** What the publication names; by default the torrent that the block really has. */
  readonly torrent?: Infohash
}

export type Sealed = {
  readonly id: Hash
  readonly sealed: SealedHeader
  /** As its publication names it. */
  readonly torrent: Infohash
  readonly bytes: Uint8Array
  readonly steps: Uint8Array
  readonly states: Uint8Array
  readonly state?: State
}

/** More hashes are too many to wait for. */
const MOST_WORK = 2n ** 23n
const search = createWasmSearch()
/** Two blocks that say the same are two blocks all the same. */
let sessions = 0

export function isCheap(target: bigint): boolean {
  return workOf(target) <= MOST_WORK
}

export async function sealBlock(rules: Rules, draft: Draft): Promise<Sealed> {
  const { parent, below, target, miner } = draft
  const steps = concat(...draft.steps)
  const states = concat(...draft.states.map(toBytes))
  const header = deriveHeader(rules, { id: parent, header: below.header }, target, draft.steps, draft.states)
  const { state } = draft
  const { nonce, id } = await findNonce({ challenge: challengeOf(header), miner, target })
  const sealed = { header, seal: { miner, nonce } }
  const content = { sealed, requests: requestsOf(rules, steps), state, steps, states }
  const torrent = draft.torrent ?? blockTorrent(content).infohash
  return { id, sealed, torrent, bytes: encodeSealed(sealed), steps, states, ...(state === undefined ? {} : { state }) }
}

async function findNonce(work: { readonly challenge: Hash; readonly miner: Address; readonly target: bigint }) {
  sessions += 1
  const session = new Uint8Array(16)
  new DataView(session.buffer).setUint32(0, sessions)
  const prefix = noncePrefix(session, 0)
  for (let start = 0n; ; start += BigInt(search.batch)) {
    // Others may have searched since the last turn.
    search.load(work, prefix)
    const counter = search.search(start, search.batch)
    if (counter !== undefined) {
      const nonce = encodeNonce(prefix, counter)
      return { nonce, id: digestOf(work, nonce) }
    }
    await turn()
  }
}
