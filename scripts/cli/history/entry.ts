// A line of an account's history: what one transaction did to it, when, and with whom.

import type { Asset } from '../../../node/protocol/asset.ts'
import { feeOf } from '../../../node/protocol/fee.ts'
import type { Address, Hash, Infohash } from '../../../node/protocol/ids.ts'
import { decodeTransaction, type Transaction } from '../../../node/protocol/transaction.ts'
import type { Result as RpcResult } from '../../../node/rpc/api.ts'

type Known = Omit<RpcResult<'account_history'>['transactions'][number], 'file'> & {
  readonly file?: Uint8Array | undefined
}

export type HistoryEntry = {
  readonly infohash: Infohash
  readonly status: Known['status']
  readonly relayBits?: number
  /** Unix seconds: when its block was published, else when the node saw it first. */
  readonly time?: number
  readonly timeOf?: 'block' | 'node'
  readonly block?: Hash
  /** Absent where the node has not got the file. */
  readonly kind?: 'payment' | 'request' | 'deposit' | 'issuance' | 'swap' | 'genesis'
  readonly direction?: 'in' | 'out' | 'self'
  /** Base units, never negative; of a request with its fee. */
  readonly amount?: bigint
  /** Base units: what a request of TTX leaves to the miner. Payments have none. */
  readonly fee: bigint
  /** TTX if there is none. */
  readonly asset?: Asset
  readonly counterparty?: Address
  readonly memo?: string
}

/** As `owner` sees it, who asks for what it did to `asset`. */
export function historyEntry(known: Known, owner: Address, asset: Asset | undefined): HistoryEntry {
  const { infohash, status, relayBits, block, blockTime, firstSeen } = known
  const seen = firstSeen === undefined ? {} : { time: Math.floor(firstSeen / 1_000), timeOf: 'node' as const }
  const time = blockTime === undefined ? seen : { time: blockTime, timeOf: 'block' as const }
  const common = { infohash, status, ...(relayBits && { relayBits }), ...time, ...(block && { block }), fee: 0n }
  const tx = known.file && decodeTransaction(known.file)
  if (tx === undefined) return { ...common, ...(asset && { asset }) }
  const moved = tx.kind === 'take' ? asset : known.asset
  return { ...common, ...(moved && { asset: moved }), ...partsOf(tx, owner, asset) }
}

function partsOf(tx: Transaction, owner: Address, asset: Asset | undefined): Partial<HistoryEntry> {
  if (tx.kind === 'take') return swapParts(tx, owner, asset)
  const { tokens: amount } = tx
  if (tx.kind === 'genesis') return { kind: 'genesis', direction: 'in', amount }
  if (tx.kind === 'deposit') return { kind: 'deposit', direction: 'in', amount }
  const memo = tx.memo === undefined ? {} : { memo: tx.memo }
  if (tx.bridge !== undefined) {
    const fee = tx.asset === undefined ? feeOf(amount) : 0n
    return { kind: 'request', direction: 'out', amount, fee, counterparty: tx.bridge.to, ...memo }
  }
  const kind = tx.issuance ? 'issuance' : 'payment'
  const isOut = tx.from === owner && !(tx.issuance && tx.to !== owner)
  if (tx.issuance && tx.to === owner) return { kind, direction: 'in', amount, counterparty: tx.from, ...memo }
  if (tx.from === tx.to) return { kind, direction: 'self', amount, counterparty: owner, ...memo }
  return { kind, direction: isOut ? 'out' : 'in', amount, counterparty: isOut ? tx.to : tx.from, ...memo }
}

function swapParts(
  { offer, from, memo }: Extract<Transaction, { kind: 'take' }>,
  owner: Address,
  asset: Asset | undefined,
): Partial<HistoryEntry> {
  const isMaker = offer.from === owner
  const gives = offer.give.asset === asset
  const { tokens: amount } = gives ? offer.give : offer.want
  const direction = offer.from === from ? 'self' : gives === isMaker ? 'out' : 'in'
  return {
    kind: 'swap',
    direction,
    amount,
    counterparty: isMaker ? from : offer.from,
    ...(memo === undefined ? {} : { memo }),
  }
}
