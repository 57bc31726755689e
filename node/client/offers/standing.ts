// What became of an offer, as a node sees it: whether what it gives is still there, and who spent it otherwise.

import { OperationError } from '../../errors.ts'
import { equalBytes } from '../../protocol/bytes.ts'
import { flowsOf } from '../../protocol/flows.ts'
import type { Address, Infohash } from '../../protocol/ids.ts'
import { encodeOffer, type Offer } from '../../protocol/offer.ts'
import { RuleError } from '../../protocol/rule-error.ts'
import { ofAsset } from '../../protocol/state.ts'
import { decodeTransaction, isPackable, type PackableTransaction } from '../../protocol/transaction.ts'
import type { Result } from '../../rpc/api.ts'
import { lookUp } from '../look-up.ts'
import type { NodeClient } from '../rpc.ts'

type Status = Result<'tx_get'>['status']
type Output = Result<'account_balance'>['outputs'][number]

/** All of it is there and unspent. `sum` (base units) is what its inputs hold, `status` that of the least settled one. */
export type OpenOffer = {
  readonly state: 'open'
  readonly sum: bigint
  readonly status: Status
  readonly outputs: readonly Output[]
}

/** `by` spends one of its inputs, or all. */
type Spent = { readonly by: Infohash; readonly status: Status; readonly rivals: readonly Infohash[] }
export type TakenOffer = Spent & { readonly state: 'taken'; readonly taker: Address }

export type OfferStanding =
  | OpenOffer
  | TakenOffer
  /** By a payment of the maker to themselves, or by something else. */
  | (Spent & { readonly state: 'withdrawn' | 'spent' })
  /** The node has not got what it gives, nor do its peers. */
  | { readonly state: 'unknown'; readonly missing: readonly Infohash[] }
  /** Nobody can ever take it, unless the node is wrong. */
  | { readonly state: 'void'; readonly why: string }

/** Of an owner's outputs a node names as many. */
const LISTED = 1_000
/** Of the maker's history as many pages of 500 are read. */
const PAGES = 40
const LIVE: ReadonlySet<Status> = new Set(['accepted', 'ordered', 'final'])

/** Has the node ask its peers for what it lacks, for `fetchMs` milliseconds each. Throws what the node throws. */
export async function standingOf(
  node: NodeClient,
  offer: Offer,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<OfferStanding> {
  const listed = await outputsOf(node, offer, signal)
  const isThere = offer.prev.every((infohash) => listed.some((output) => output.infohash === infohash))
  if (isThere) return openOf(offer, listed)
  const spender = await spenderOf(node, offer, signal)
  if (spender !== undefined) return spender
  const gone = offer.prev.filter((infohash) => listed.every((output) => output.infohash !== infohash))
  const records: (Result<'tx_get'> | undefined)[] = []
  for (const infohash of gone) records.push(await lookUp(node, infohash, fetchMs, signal).catch(unlessRefused))
  const bad = records.find((record) => record?.status === 'invalid' || record?.status === 'conflicting')
  if (bad !== undefined) return { state: 'void', why: `${bad.infohash}, of which it is, is ${bad.status}` }
  const missing = gone.filter((_, i) => !LIVE.has(records[i]?.status ?? 'unknown'))
  if (missing.length > 0) return { state: 'unknown', missing }
  // It may have come just now, or be one of more outputs than a node names.
  const again = await outputsOf(node, offer, signal)
  if (offer.prev.every((infohash) => again.some((output) => output.infohash === infohash))) return openOf(offer, again)
  if (again.length >= LISTED) return { state: 'unknown', missing: gone }
  return { state: 'void', why: `its maker has no output of ${gone.join(', ')} in that asset` }
}

async function outputsOf(node: NodeClient, { from: owner, give }: Offer, signal?: AbortSignal): Promise<Output[]> {
  return (await node.call('account_balance', ofAsset({ owner }, give.asset), signal)).outputs
}

function openOf({ prev }: Offer, listed: readonly Output[]): OfferStanding {
  const outputs = listed.filter(({ infohash }) => prev.includes(infohash))
  const sum = outputs.reduce((total, { value }) => total + value, 0n)
  const status = (['accepted', 'ordered'] as const).find((each) => outputs.some((output) => output.status === each))
  return { state: 'open', sum, status: status ?? 'final', outputs }
}

/** The one of the maker's transactions that counts and spends what the offer gives. It is newer than what made that. */
async function spenderOf(node: NodeClient, offer: Offer, signal?: AbortSignal): Promise<OfferStanding | undefined> {
  const question = ofAsset({ owner: offer.from, limit: 500 }, offer.give.asset)
  const makers = new Set(offer.prev)
  let before: { readonly cursor?: string } = {}
  for (let page = 0; page < PAGES; page++) {
    const { transactions, cursor } = await node.call('account_history', { ...question, ...before }, signal)
    for (const { infohash, file, status, rivals } of transactions) {
      const tx = file && LIVE.has(status) ? decodeTransaction(file) : undefined
      if (tx === undefined || !isPackable(tx) || !spends(tx, infohash, offer)) continue
      const found = { by: infohash, status, rivals }
      if (tx.kind !== 'take') return { state: isToSelf(tx) ? 'withdrawn' : 'spent', ...found }
      const isOfIt = equalBytes(encodeOffer(tx.offer), encodeOffer(offer))
      return isOfIt ? { state: 'taken', ...found, taker: tx.from } : { state: 'spent', ...found }
    }
    for (const { infohash } of transactions) makers.delete(infohash)
    if (cursor === undefined || makers.size === 0) return undefined
    before = { cursor }
  }
  return undefined
}

function spends(tx: PackableTransaction, infohash: Infohash, { from, give, prev }: Offer): boolean {
  return flowsOf({ tx, infohash }).some(
    (flow) => flow.from === from && flow.asset === give.asset && flow.prev.some((input) => prev.includes(input)),
  )
}

function isToSelf(tx: PackableTransaction): boolean {
  return tx.kind === 'signed' && tx.to === tx.from && tx.bridge === undefined && tx.issuance === undefined
}

/** What peers deliver may break a rule: then it is as if nobody had it. */
function unlessRefused(error: unknown): undefined {
  if (error instanceof RuleError) return undefined
  if (error instanceof OperationError && error.code === 'transaction-not-accepted') return undefined
  throw error
}
