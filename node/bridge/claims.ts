// Requests and what became of them: what a block pays, what was paid, and the proof that pays the rest.

import { requestsOf } from '../protocol/block.ts'
import type { BlockRequest } from '../protocol/block-torrent.ts'
import { encodeSealed } from '../protocol/header.ts'
import { type Address, type Hash, type Infohash, toHash } from '../protocol/ids.ts'
import { minerPart } from '../protocol/queue.ts'
import type { Rules } from '../protocol/rules.ts'
import { splitSteps } from '../protocol/step.ts'
import { traceLeaf, traceProof } from '../protocol/trace.ts'
import type { BlockBody } from './records/judging/judge.ts'
import { type BridgeBlock, type BridgeView, claimName } from './view.ts'

export type RequestView = BlockRequest & {
  /** What the recipient gets, base units of wTTX. */
  readonly net: bigint
  readonly isFinal: boolean
  readonly isPaid: boolean
}

/** A request of a final block that nobody has claimed, and all that `claim` takes. */
export type MaturedClaim = {
  readonly block: Hash
  readonly infohash: Infohash
  /** Sealed header, 281 bytes. */
  readonly sealed: Uint8Array
  readonly to: Address
  /** Base units of wTTX. */
  readonly net: bigint
  readonly step: number
  readonly packed: Uint8Array
  /** After the step. */
  readonly state: Hash
  readonly siblings: readonly Hash[]
}

/** The requests of a valid block, in step order. */
export function requestViews(rules: Rules, view: BridgeView, block: BridgeBlock, body: BlockBody): RequestView[] {
  return requestsOf(rules, body.steps).map((request) => ({
    ...request,
    net: netOf(request.tokens),
    isFinal: isFinal(view, block),
    isPaid: view.claimed.has(claimName(block.id, request.step)),
  }))
}

/** Final blocks with requests that were not paid yet, oldest first. */
export function* blocksWithClaims(view: BridgeView): Generator<BridgeBlock> {
  for (const block of view.blocks.values()) {
    if (isFinal(view, block) && block.requests.some((step) => !view.claimed.has(claimName(block.id, step)))) yield block
  }
}

/** The requests of a final block that were not paid yet, with their proofs; of a block that is not final none. */
export function maturedClaims(rules: Rules, view: BridgeView, block: BridgeBlock, body: BlockBody): MaturedClaim[] {
  if (!isFinal(view, block)) return []
  const steps = splitSteps(body.steps)
  const states = steps.map((_, i) => toHash(body.states.subarray(32 * i, 32 * (i + 1))))
  const leaves = steps.map((step, i) => traceLeaf(step, states[i] ?? block.sealed.header.state))
  return requestsOf(rules, body.steps).flatMap(({ step, to, tokens, infohash }) => {
    const [packed, state] = [steps[step], states[step]]
    if (packed === undefined || state === undefined || view.claimed.has(claimName(block.id, step))) return []
    const sealed = encodeSealed(block.sealed)
    const net = netOf(tokens)
    return [{ block: block.id, infohash, sealed, to, net, step, packed, state, siblings: traceProof(leaves, step) }]
  })
}

function isFinal(view: BridgeView, block: BridgeBlock): boolean {
  return block.finality !== undefined || block.id === view.root
}

function netOf(tokens: bigint): bigint {
  return tokens - minerPart(tokens)
}
