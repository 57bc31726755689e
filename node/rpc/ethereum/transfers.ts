// What a transaction moves, as transfers from one address to another, and as logs of the tokens that assets are here.

import { transferCall } from '../../ethereum/token-calls.ts'
import { type Asset, isEntered } from '../../protocol/asset.ts'
import { encodeText, formatHex } from '../../protocol/bytes.ts'
import { keccak } from '../../protocol/hash.ts'
import { type Address, type Infohash, ZERO_ADDRESS } from '../../protocol/ids.ts'
import { ofAsset } from '../../protocol/state.ts'
import type { Transaction } from '../../protocol/transaction.ts'
import { NO_BYTES, topicOf, toWord } from './hex.ts'

/** Of TTX if it has no asset. What appears comes from the zero address, what disappears goes there. */
type Transfer = {
  readonly asset?: Asset
  readonly from: Address
  readonly to: Address
  readonly tokens: bigint
}

/** As a transaction of Ethereum says it. `to` is null where a contract is made, which is what an issuance does here. */
export type Envelope = {
  readonly from: Address
  readonly to: Address | null
  /** TTX, base units. */
  readonly value: bigint
  readonly input: string
  readonly contract: Address | null
}

export type Log = { readonly address: Address; readonly topics: readonly string[]; readonly data: string }

/** A transaction has no more logs than this: one for each half of a swap. */
export const MOST_LOGS = 2
const TRANSFER_TOPIC = `0x${formatHex(keccak(encodeText('Transfer(address,address,uint256)')))}`

/** The address at which an asset is a token: the contract on Ethereum that entered it, or the infohash of its issuance. */
function tokenOf(asset: Asset): Address {
  return isEntered(asset) ? asset : (`0x${asset}` as Address)
}

function transfersOf(tx: Transaction, infohash: Infohash): Transfer[] {
  switch (tx.kind) {
    case 'genesis':
      return [{ from: ZERO_ADDRESS, to: tx.to, tokens: tx.tokens }]
    case 'deposit':
      return [ofAsset({ from: ZERO_ADDRESS, to: tx.to, tokens: tx.tokens }, tx.deposit.asset)]
    case 'take': {
      const { from: maker, give, want } = tx.offer
      return [
        { from: maker, to: tx.from, ...give },
        { from: tx.from, to: maker, ...want },
      ]
    }
    case 'signed': {
      const { from, to, tokens, asset, issuance, bridge } = tx
      if (issuance) return [{ asset: infohash, from: ZERO_ADDRESS, to, tokens }]
      // A request leaves for Ethereum. Of TTX the contract of the bridge shows where to, as the file of the transaction does.
      return [ofAsset({ from, to: bridge && asset !== undefined ? ZERO_ADDRESS : to, tokens }, asset)]
    }
  }
}

export function envelopeOf(tx: Transaction, infohash: Infohash): Envelope {
  const transfers = transfersOf(tx, infohash)
  const from = tx.kind === 'genesis' || tx.kind === 'deposit' ? ZERO_ADDRESS : tx.from
  const plain = { from, value: 0n, input: NO_BYTES, contract: null }
  if (tx.kind === 'signed' && tx.issuance) return { ...plain, to: null, contract: tokenOf(infohash) }
  if (tx.kind === 'take') {
    const paid = transfers.find((transfer) => transfer.asset === undefined && transfer.from === from)
    return { ...plain, to: tx.offer.from, value: paid?.tokens ?? 0n }
  }
  const [{ asset, to, tokens } = { asset: undefined, to: tx.to, tokens: 0n }] = transfers
  if (asset === undefined) return { ...plain, to, value: tokens }
  return { ...plain, to: tokenOf(asset), input: transferCall(to, tokens) }
}

/** TTX is the coin of this chain, and has none. */
export function logsIn(tx: Transaction, infohash: Infohash): Log[] {
  return transfersOf(tx, infohash).flatMap(({ asset, from, to, tokens }) =>
    asset === undefined
      ? []
      : [{ address: tokenOf(asset), topics: [TRANSFER_TOPIC, topicOf(from), topicOf(to)], data: toWord(tokens) }],
  )
}
