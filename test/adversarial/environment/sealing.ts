// Seals any block that the driver thinks of, with its rows in calldata or in blobs: header, torrent of its choice, and a nonce.

import { setImmediate as turn } from 'node:timers/promises'
import { createWasmSearch } from '../../../miner/work/kernels/wasm.ts'
import { digestOf, encodeNonce, noncePrefix } from '../../../miner/work/nonce.ts'
import type { KzgPool } from '../../../node/ethereum/blobs/kzg-pool.ts'
import { requestsOf } from '../../../node/protocol/block.ts'
import { blockTorrent } from '../../../node/protocol/block-torrent.ts'
import { concat } from '../../../node/protocol/bytes.ts'
import { challengeOf, encodeSealed, type SealedHeader } from '../../../node/protocol/header.ts'
import type { Address, Hash, Infohash } from '../../../node/protocol/ids.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import type { State } from '../../../node/protocol/state.ts'
import { decodeStep } from '../../../node/protocol/step.ts'
import { workOf } from '../../../node/protocol/target.ts'
import {
  type BlobDraft,
  type Body,
  type DataMode,
  postInBlobs,
  postInCalldata,
} from '../../../scripts/devnet/drill/posting.ts'

/** What is posted, and the state that its author goes on from; none where there is nobody who could open it. */
export type Posted = {
  readonly steps: readonly Uint8Array[]
  readonly states: readonly Hash[]
  readonly state?: State
  /** What a liar does to it where it goes into blobs. */
  readonly alter?: (draft: BlobDraft) => BlobDraft
}

/** What makes the sidecars of blobs. */
export type Kzg = Pick<KzgPool, 'sidecar'>

export type Draft = Posted & {
  readonly parent: Hash
  readonly below: SealedHeader
  /** The state after the parent, if anybody can open it. */
  readonly before: State
  readonly target: bigint
  readonly miner: Address
  /** A block without steps is in calldata whatever this says. Default: calldata. */
  readonly data?: DataMode
  /** What the publication names; by default the torrent that the block really has. */
  readonly torrent?: Infohash
}

export type Sealed = {
  readonly id: Hash
  readonly sealed: SealedHeader
  /** As its publication names it. */
  readonly torrent: Infohash
  readonly bytes: Uint8Array
  readonly body: Body
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

export async function sealBlock(rules: Rules, kzg: Kzg, draft: Draft): Promise<Sealed> {
  const { miner, target, state } = draft
  const { header, body } = await post(rules, kzg, draft)
  const { nonce, id } = await findNonce({ challenge: challengeOf(header), miner, target })
  const sealed = { header, seal: { miner, nonce } }
  const torrent = draft.torrent ?? torrentOf(rules, sealed, body, draft)
  return { id, sealed, torrent, bytes: encodeSealed(sealed), body, ...(state === undefined ? {} : { state }) }
}

async function post(rules: Rules, kzg: Kzg, { parent: id, below, target, data, alter, ...posted }: Draft) {
  const parent = { id, header: below.header, state: posted.before }
  const content = { steps: posted.steps, states: posted.states, state: posted.state }
  if (data !== 'blobs' || content.steps.length === 0) return postInCalldata(rules, parent, content, target)
  return await postInBlobs(rules, parent, content, target, kzg, alter)
}

/** Steps without a shape are in no torrent: then any infohash will do. */
function torrentOf(rules: Rules, sealed: SealedHeader, body: Body, { steps, state }: Draft): Infohash {
  const requests = steps.every((step) => decodeStep(step)) ? requestsOf(rules, concat(...steps)) : []
  const rows = 'blobs' in body ? { blobs: body.blobs } : body
  return blockTorrent({ sealed, requests, state, ...rows }).infohash
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
