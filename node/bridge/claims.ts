// Requests and what became of them: what a block pays, what was paid, and the proof that pays the rest.

import { requestsOf } from '../protocol/block.ts'
import type { BlockRequest } from '../protocol/block-torrent.ts'
import { netOf } from '../protocol/fee.ts'
import { encodeSealed } from '../protocol/header.ts'
import type { Address, Hash, Infohash } from '../protocol/ids.ts'
import { unpackTransaction } from '../protocol/packed.ts'
import { requestProofs, requestsIn } from '../protocol/requests.ts'
import type { Rules } from '../protocol/rules.ts'
import { decodeStep, splitSteps, transactionIn } from '../protocol/step.ts'
import { verifyPacked } from '../protocol/verify.ts'
import type { BlockBody } from './records/judging/judge.ts'
import { ancestry, type BridgeBlock, type BridgeView, requestNumberOf, requestNumbers } from './view.ts'

export type RequestView = BlockRequest & {
  /** What the recipient gets, base units of wTTX. */
  readonly net: bigint
  readonly isFinal: boolean
  readonly isPaid: boolean
}

/** A request of a final block that nobody has claimed, and all that `claim` needs. */
export type MaturedClaim = {
  readonly block: Hash
  readonly infohash: Infohash
  /** Sealed header, 417 bytes. */
  readonly sealed: Uint8Array
  readonly to: Address
  /** Base units of wTTX. */
  readonly net: bigint
  /** With the fee. */
  readonly gross: bigint
  /** Along the branch. */
  readonly number: bigint
  readonly step: number
  readonly siblings: readonly Hash[]
}

/** What is known of a request without its proof. */
export type OpenRequest = Pick<MaturedClaim, 'step' | 'to' | 'net'>

// Payments are only ever added to, from one view to the next; where Ethereum undoes some, every block is rebuilt.
const paidUp = new WeakSet<BridgeBlock>()

/** The requests of a valid block, in step order. */
export function requestViews(rules: Rules, view: BridgeView, block: BridgeBlock, body: BlockBody): RequestView[] {
  const isPayable = isFinal(view, block)
  return requestsOf(rules, body.steps).map((request, i) => ({
    ...request,
    net: netOf(request.tokens),
    isFinal: isPayable,
    // Another branch has requests of the same numbers.
    isPaid: isPayable && view.claimed.has(block.sealed.header.firstRequest + BigInt(i)),
  }))
}

/**
 * Final blocks with requests that were not paid yet, oldest first, from block `from` on; none if that is not final. What is paid whole is
 * looked at once, and is passed over from then on.
 */
export function* blocksWithClaims(view: BridgeView, from = view.root): Generator<BridgeBlock> {
  const chain: BridgeBlock[] = []
  for (const block of ancestry(view, view.final)) {
    chain.push(block)
    if (block.id === from) break
  }
  if (chain.at(-1)?.id !== from) return
  for (const block of chain.reverse()) {
    if (paidUp.has(block)) continue
    if (requestNumbers(block).some((number) => !view.claimed.has(number))) yield block
    else paidUp.add(block)
  }
}

/**
 * The requests of a final block that were not paid yet and are wanted, with their proofs; of a block that is not final none. Hashes the tree of
 * them once, however many they are.
 */
export function maturedClaims(
  rules: Rules,
  view: BridgeView,
  block: BridgeBlock,
  body: BlockBody,
  isWanted: (request: OpenRequest) => boolean = () => true,
): MaturedClaim[] {
  if (!isFinal(view, block)) return []
  const steps = splitSteps(body.steps)
  const open = block.requests.flatMap((step) => openRequest(view, block, step, steps[step]) ?? []).filter(isWanted)
  if (open.length === 0) return []
  const proofs = requestProofs(requestsIn(steps))
  const sealed = encodeSealed(block.sealed)
  const first = block.sealed.header.firstRequest
  return open.flatMap(({ transaction, number, ...request }) => {
    const siblings = proofs[Number(number - first)]
    const verified = verifyPacked(rules, transaction)
    if (siblings === undefined || typeof verified === 'string') return []
    return [{ block: block.id, infohash: verified.infohash, sealed, ...request, number, siblings }]
  })
}

export function isFinal(view: BridgeView, block: BridgeBlock): boolean {
  return block.finality !== undefined || block.id === view.root
}

/** Without its signature being looked at: the step is one of a request that was judged. */
function openRequest(view: BridgeView, block: BridgeBlock, step: number, bytes: Uint8Array | undefined) {
  const decoded = bytes && decodeStep(bytes)
  const packed = decoded && transactionIn(decoded)
  if (packed === undefined) return undefined
  const fields = unpackTransaction(packed)
  const number = requestNumberOf(block, step)
  if (fields === undefined || number === undefined || view.claimed.has(number)) return undefined
  return { step, number, to: fields.payee, gross: fields.tokens, net: netOf(fields.tokens), transaction: packed }
}
