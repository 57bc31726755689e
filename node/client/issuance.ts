// What a node knows of an asset that was issued on TTX.

import { type AssetClaim, parseClaim } from '../asset-claim.ts'
import { OperationError } from '../errors.ts'
import type { Address, Infohash } from '../protocol/ids.ts'
import { decodeTransaction } from '../protocol/transaction.ts'
import type { Result } from '../rpc/api.ts'
import { lookUp } from './look-up.ts'
import type { NodeClient } from './rpc.ts'

export type Issuance = {
  readonly status: Result<'tx_get'>['status']
  /** Who signed it. */
  readonly issuer: Address
  /** Who got all of it. */
  readonly to: Address
  /** Base units of the asset: all that there ever is. */
  readonly issued: bigint
  readonly memo?: string
  /** What the memo says by convention. Nobody has checked it. */
  readonly claim?: AssetClaim
}

/**
 * Has the node ask its peers for the file, for `fetchMs` milliseconds at most. Throws `OperationError('unknown-asset')` (retry where nobody delivered
 * it) unless it is an issuance that may count, and what the node throws.
 */
export async function readIssuance(
  node: NodeClient,
  asset: Infohash,
  fetchMs: number,
  signal?: AbortSignal,
): Promise<Issuance> {
  const { status, file } = await lookUp(node, asset, fetchMs, signal)
  if (status === 'invalid') throw unknown(asset, 'a transaction that breaks a rule and never counts', false)
  if (file === undefined) throw unknown(asset, 'nothing: neither the node nor its peers have its issuance', true)
  const tx = decodeTransaction(file)
  if (tx.kind !== 'signed' || !tx.issuance) throw unknown(asset, 'a transaction that issues nothing', false)
  const { from: issuer, to, tokens: issued, memo } = tx
  const claim = parseClaim(memo)
  return {
    ...{ status, issuer, to, issued },
    ...(memo === undefined ? {} : { memo }),
    ...(claim === undefined ? {} : { claim }),
  }
}

function unknown(asset: Infohash, got: string, retry: boolean): OperationError {
  return new OperationError(
    'unknown-asset',
    `expected the issuance of an asset at ${asset}, got ${got}; check the id with who gave it to you, what entered from Ethereum has 0x in front`,
    { facts: { asset }, retry },
  )
}
