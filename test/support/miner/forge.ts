// Makes and mines blocks for tests without a miner: chosen steps on a parent, sealed with a nonce.

import { planBlock, postCalldata } from '../../../miner/plan.ts'
import { createWasmSearch } from '../../../miner/work/kernels/wasm.ts'
import { encodeNonce, noncePrefix, SESSION_BYTES, type Work } from '../../../miner/work/nonce.ts'
import { applyStep } from '../../../node/protocol/apply.ts'
import { type ParentBlock, type PublishedBlock, requestsOf } from '../../../node/protocol/block.ts'
import { blockTorrent } from '../../../node/protocol/block-torrent.ts'
import { blockId, challengeOf, encodeSealed, type Header, type SealedHeader } from '../../../node/protocol/header.ts'
import type { Address, Hash, Infohash } from '../../../node/protocol/ids.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import type { State } from '../../../node/protocol/state.ts'
import { encodeStep, queueIndexes, type Step } from '../../../node/protocol/step.ts'
import { toBaseUnits, toGwei } from '../../../node/protocol/units.ts'

const search = createWasmSearch()
const PREFIX = noncePrefix(new Uint8Array(SESSION_BYTES), 0)

export type Forged = PublishedBlock & {
  /** Its own, unless it is borrowed. */
  readonly torrent: Infohash
  readonly parent: ParentBlock
  readonly next: ParentBlock
  readonly sealedBytes: Uint8Array
}

/**
 * Applies the steps one after another; throws if one is invalid. `wrong` is a packed transaction after them that is claimed to change
 * nothing, whatever it is.
 */
export function forge(
  rules: Rules,
  parent: ParentBlock,
  steps: readonly Step[],
  target: bigint,
  miner: Address,
  wrong?: Uint8Array,
): Forged {
  const encoded = steps.map(encodeStep)
  const indexes = queueIndexes(parent.header.lanes, encoded)
  let state: State = parent.state
  const after = encoded.map((packed, i) => {
    const applied = applyStep(rules, state, indexes[i] ?? 0n, packed)
    if (applied.reason !== 'None') throw new Error(`step ${i} is invalid: ${applied.reason}`)
    state = applied.state
    return { step: packed, after: state }
  })
  if (wrong !== undefined) after.push({ step: encodeStep({ kind: 'transaction', packed: wrong }), after: state })
  return seal(rules, parent, after, target, miner)
}

/** Seals steps with whatever states they are said to lead to. */
export function seal(
  rules: Rules,
  parent: ParentBlock,
  after: readonly { readonly step: Uint8Array; readonly after: State }[],
  target: bigint,
  miner: Address,
): Forged {
  const state = after.at(-1)?.after ?? parent.state
  const offer = { queueEntries: 0, requests: 0, fee: toBaseUnits(0n), queueFees: toGwei(0n), gas: 0n, blobs: 0 }
  const steps = after.map((each) => ({ ...each, growth: 0 }))
  const block = postCalldata({ steps })
  const { header } = planBlock(rules, parent, { rows: 'calldata', steps, ...offer }, block, target, miner)
  const { sealed, ...mined } = mine(header, miner, state)
  const content = { sealed, requests: requestsOf(rules, block.steps), state, ...block }
  return { sealed, torrent: blockTorrent(content).infohash, ...block, ...mined, parent }
}

/** The same block, published with another torrent. */
export function borrow(block: Forged, torrent: Infohash): Forged {
  return { ...block, torrent }
}

/** Searches a nonce for what a header says. */
export function mine(header: Header, miner: Address, state: State): Pick<Forged, 'sealed' | 'next' | 'sealedBytes'> {
  const nonce = firstNonce({ challenge: challengeOf(header), miner, target: header.target })
  const sealed: SealedHeader = { header, seal: { miner, nonce } }
  return { sealed, next: { id: blockId(sealed), header, state }, sealedBytes: encodeSealed(sealed) }
}

/**
 * The first whose digest meets the target, always the same for the same work. By the search of the miner: in plain TypeScript it would be
 * most of what a test costs.
 */
function firstNonce(work: Work): Hash {
  search.load(work, PREFIX)
  for (let start = 0n; ; start += BigInt(search.batch)) {
    const counter = search.search(start, search.batch)
    if (counter !== undefined) return encodeNonce(PREFIX, counter)
  }
}
