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
type Seen = Result<'account_outputs'>['outputs'][number]
type Output = { readonly infohash: Infohash; readonly value: bigint; readonly status: Status }

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

/** Looks again where something changed while it looked. */
const TRIES = 3
const LIVE: ReadonlySet<Status> = new Set(['accepted', 'ordered', 'final'])

/**
 * Asks about what it gives alone: whatever else others pay its maker hides nothing. Has the node ask its peers for what it lacks, for `fetchMs`
 * milliseconds each. Throws what the node throws, and `OperationError('bad-answer')` where it serves another file than it says.
 */
export async function standingOf(
  node: NodeClient,
  offer: Offer,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<OfferStanding> {
  let gone: readonly Infohash[] = []
  for (let tries = 0; tries < TRIES; tries++) {
    const seen = await outputsOf(node, offer, signal)
    const spender = seen.find(({ spentBy }) => spentBy !== undefined)?.spentBy
    const spent = spender && (await spentOf(node, offer, spender, signal))
    if (spent !== undefined) return spent
    if (spender !== undefined) continue
    const outputs = seen.flatMap(thereOf)
    if (outputs.length === seen.length) return openOf(outputs)
    const lost = seen.filter((each) => thereOf(each).length === 0)
    gone = lost.map(({ infohash }) => infohash)
    if (lost.every(({ status }) => LIVE.has(status)))
      return { state: 'void', why: `its maker has no output of ${gone.join(', ')} in that asset` }
    const records: (Result<'tx_get'> | undefined)[] = []
    for (const infohash of gone) records.push(await lookUp(node, infohash, fetchMs, signal).catch(unlessRefused))
    const bad = records.find((record) => record?.status === 'invalid' || record?.status === 'conflicting')
    if (bad !== undefined) return { state: 'void', why: `${bad.infohash}, of which it is, is ${bad.status}` }
    const missing = gone.filter((_, i) => !LIVE.has(records[i]?.status ?? 'unknown'))
    if (missing.length > 0) return { state: 'unknown', missing }
  }
  return { state: 'unknown', missing: gone.length === 0 ? offer.prev : gone }
}

async function outputsOf(node: NodeClient, offer: Offer, signal?: AbortSignal): Promise<readonly Seen[]> {
  const { from: owner, give, prev } = offer
  const { outputs } = await node.call('account_outputs', ofAsset({ owner, of: [...prev] }, give.asset), signal)
  if (outputs.length === prev.length && outputs.every(({ infohash }, i) => infohash === prev[i])) return outputs
  throw lied(node, `outputs of ${prev.join(', ')}`, 'others')
}

/** Itself if it is there, unspent, and counts. */
function thereOf({ infohash, value, status, spentBy }: Seen): Output[] {
  return value === undefined || spentBy !== undefined || !LIVE.has(status) ? [] : [{ infohash, value, status }]
}

function openOf(outputs: readonly Output[]): OfferStanding {
  const sum = outputs.reduce((total, { value }) => total + value, 0n)
  const status = (['accepted', 'ordered'] as const).find((each) => outputs.some((output) => output.status === each))
  return { state: 'open', sum, status: status ?? 'final', outputs }
}

/** By the transaction that the node names; undefined if that counts no longer. */
async function spentOf(
  node: NodeClient,
  offer: Offer,
  by: Infohash,
  signal?: AbortSignal,
): Promise<OfferStanding | undefined> {
  const { status, file, rivals } = await lookUp(node, by, 0, signal)
  if (file === undefined || !LIVE.has(status)) return undefined
  const tx = decodeTransaction(file)
  if (!isPackable(tx) || !spends(tx, by, offer)) throw lied(node, `what spends ${offer.prev.join(', ')}`, by)
  const found = { by, status, rivals }
  if (tx.kind !== 'take') return { state: isToSelf(tx) ? 'withdrawn' : 'spent', ...found }
  const isOfIt = equalBytes(encodeOffer(tx.offer), encodeOffer(offer))
  return isOfIt ? { state: 'taken', ...found, taker: tx.from } : { state: 'spent', ...found }
}

function lied({ url }: NodeClient, expected: string, got: string): OperationError {
  return new OperationError(
    'bad-answer',
    `expected ${expected} from the node at ${url}, got ${got}: its software or its disk is damaged, or it lies; use another node`,
    { facts: { url, got } },
  )
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
