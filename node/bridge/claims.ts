// Requests and what became of them: what a block pays, what was paid, and the proof that pays the rest.

import { requestsOf } from '../protocol/block.ts'
import type { BlockRequest } from '../protocol/block-torrent.ts'
import { netOf } from '../protocol/fee.ts'
import { encodeSealed } from '../protocol/header.ts'
import type { Address, Hash, Infohash } from '../protocol/ids.ts'
import { unpackTransaction } from '../protocol/packed.ts'
import { requestLeaf, requestProofs, requestsIn } from '../protocol/requests.ts'
import type { Rules } from '../protocol/rules.ts'
import { decodeStep, splitSteps, transactionIn } from '../protocol/step.ts'
import { verifyPacked } from '../protocol/verify.ts'
import type { BlockBody } from './records/judging/judge.ts'
import {
  ancestry,
  type BridgeBlock,
  type BridgeView,
  payableNumbers,
  type RequestPlace,
  requestNumberOf,
} from './view.ts'

export type RequestView = BlockRequest & {
  /** What the recipient gets: of TTX in base units of wTTX; of another asset all of it, if the contract that entered it pays that. */
  readonly net: bigint
  readonly isFinal: boolean
  /** By the bridge, which pays requests of TTX only. */
  readonly isPaid: boolean
}

/** A request of TTX in a final block that nobody has claimed, and all that `claim` needs. */
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

/** What is known of such a request without its proof. */
export type OpenRequest = Pick<MaturedClaim, 'step' | 'to' | 'net'>

/** A request of a final block, of whatever asset, and all that `requestOf` needs. */
export type ProvenRequest = Omit<BlockRequest, 'to'> & Omit<MaturedClaim, 'net' | 'gross'> & { readonly leaf: Hash }

// Payments are only ever added to, from one view to the next; where Ethereum undoes some, every block is rebuilt.
const paidUp = new WeakSet<BridgeBlock>()

/** The requests of a valid block, in step order. */
export function requestViews(rules: Rules, view: BridgeView, block: BridgeBlock, body: BlockBody): RequestView[] {
  const isPayable = isFinal(block)
  return requestsOf(rules, body.steps).map((request, i) => ({
    ...request,
    net: request.asset === undefined ? netOf(request.tokens) : request.tokens,
    isFinal: isPayable,
    // Another branch has requests of the same numbers.
    isPaid: isPayable && view.claimed.has(block.sealed.header.firstRequest + BigInt(i)),
  }))
}

/**
 * Final blocks with requests of TTX that were not paid yet, oldest first, from block `from` on; none if that is not final. What is paid whole is
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
    if (payableNumbers(block).some((number) => !view.claimed.has(number))) yield block
    else paidUp.add(block)
  }
}

/**
 * The requests of TTX in a final block that were not paid yet and are wanted, with their proofs; of a block that is not final none. Hashes the tree of
 * them once, however many they are.
 */
export function maturedClaims(
  rules: Rules,
  view: BridgeView,
  block: BridgeBlock,
  body: BlockBody,
  isWanted: (request: OpenRequest) => boolean = () => true,
): MaturedClaim[] {
  if (!isFinal(block)) return []
  const steps = splitSteps(body.steps)
  const open = block.requests
    .flatMap((place) => openRequest(view, block, place, steps[place.step]) ?? [])
    .filter(isWanted)
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

/** The request that is this step of the block, paid or not, with its proof; undefined unless it is one, of a final block. */
export function provenRequest(
  rules: Rules,
  block: BridgeBlock,
  body: BlockBody,
  step: number,
): ProvenRequest | undefined {
  const number = requestNumberOf(block, step)
  if (number === undefined || !isFinal(block)) return undefined
  const index = Number(number - block.sealed.header.firstRequest)
  const request = requestsOf(rules, body.steps)[index]
  const asked = requestsIn(splitSteps(body.steps))
  const [own, siblings] = [asked[index], requestProofs(asked)[index]]
  if (request === undefined || own === undefined || siblings === undefined) return undefined
  const place = { block: block.id, sealed: encodeSealed(block.sealed), number, leaf: requestLeaf(own), siblings }
  return { ...request, ...place }
}

/** Of one with which the view once began nothing says where it was published, or made final. */
export function isFinal({ finality, place }: BridgeBlock): boolean {
  return finality !== undefined || place === undefined
}

/** Without its signature being looked at: the step is one of a request that was judged. */
function openRequest(
  view: BridgeView,
  block: BridgeBlock,
  { step, asset }: RequestPlace,
  bytes: Uint8Array | undefined,
) {
  if (asset !== undefined) return undefined
  const decoded = bytes && decodeStep(bytes)
  const packed = decoded && transactionIn(decoded)
  if (packed === undefined) return undefined
  const fields = unpackTransaction(packed)
  const number = requestNumberOf(block, step)
  if (fields?.kind !== 'signed' || number === undefined || view.claimed.has(number)) return undefined
  return { step, number, to: fields.payee, gross: fields.tokens, net: netOf(fields.tokens), transaction: packed }
}
