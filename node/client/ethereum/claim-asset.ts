// Having requests of an asset paid by the gateway that entered it, whoever their recipients are.

import { OperationError } from '../../errors.ts'
import { gatewayClaimCall } from '../../ethereum/gateways/calls.ts'
import { checkFactory } from '../../ethereum/gateways/factory.ts'
import { isPaidByGateway, tokenOfGateway } from '../../ethereum/gateways/token.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import { netOf } from '../../protocol/fee.ts'
import type { Address, Hash, Infohash } from '../../protocol/ids.ts'
import type { Result } from '../../rpc/api.ts'
import type { NodeClient } from '../rpc.ts'
import { carryOutOnce, type Done } from './carry-out.ts'
import { noGateway } from './no-gateway.ts'

type Proven = NonNullable<Result<'bridge_request'>['request']>

type AssetClaim = {
  readonly infohash: Infohash
  readonly recipient: Address
  /** Units that leave the gateway for the recipient: 99%, of a block that earned nothing too. */
  readonly net: bigint
  readonly block: Hash
  readonly number: bigint
}

type ClaimedAssets = Done & {
  readonly claims: readonly AssetClaim[]
  /** Those that the gateway could not pay, as where the token refuses the recipient: they can be claimed again. */
  readonly unpaid: readonly AssetClaim[]
  readonly transactions: readonly Hash[]
}

/** Requests in one transaction: each may use much gas. */
const BATCH = 16

/**
 * What the gateway paid of these requests, and by which transactions; those that are paid, or not in a final block, are passed over. Throws `no-gateway`
 * for an asset that is not a gateway of the network, `deployment-differs` if the factory is not ours, `nothing-to-claim`, `transaction-failed` (retry) if nothing was paid, what the node throws, and
 * what `carryOut` throws.
 */
export async function claimAsset(
  node: NodeClient,
  sender: TransactionSender,
  { factory, asset, requests }: { factory: Address | undefined; asset: Address; requests: readonly Infohash[] },
  signal?: AbortSignal,
): Promise<ClaimedAssets> {
  const { ethereum } = sender
  const token = factory && (await tokenOfGateway(ethereum, factory, asset))
  if (factory === undefined || token === undefined) throw noGateway(asset, factory)
  const due: Proven[] = []
  let isAnyPaid = false
  for (const infohash of requests) {
    const { request } = await node.call('bridge_request', { infohash }, signal)
    if (request?.asset !== asset) continue
    const intent = intentOf(asset, [request])
    // What we paid and nobody was told of is told once more.
    const isPaid = sender.open(intent) === undefined && (await isPaidByGateway(ethereum, asset, request.number))
    isAnyPaid ||= isPaid
    if (!isPaid) due.push(request)
  }
  // What a stranger's gateway says that it paid need not be true.
  await checkFactory(ethereum, factory, ethereum.network.bridge)
  if (due.length === 0) throw nothingToClaim(asset, requests, isAnyPaid)
  const done: (Done & { readonly transaction: Hash })[] = []
  const [claims, unpaid]: [AssetClaim[], AssetClaim[]] = [[], []]
  for (const ofBlock of Map.groupBy(due, ({ block }) => block).values()) {
    for (let offset = 0; offset < ofBlock.length; offset += BATCH) {
      const batch = ofBlock.slice(offset, offset + BATCH)
      const [first] = batch
      if (first === undefined) continue
      const draft = () =>
        gatewayClaimCall(
          asset,
          first.sealed,
          batch.map(({ tokens, ...rest }) => ({ ...rest, gross: tokens })),
        )
      const { receipt, ...each } = await carryOutOnce(sender, intentOf(asset, batch), draft, signal)
      done.push({ ...each, transaction: receipt.hash })
      // One payment of several can fail alone, and the transaction is right all the same. Endpoints forget the state of old blocks.
      const at = each.isEarlier ? undefined : receipt.block
      for (const { infohash, recipient, tokens, block, number } of batch) {
        const isPaid = batch.length === 1 || (await isPaidByGateway(ethereum, asset, number, at))
        const claim = { infohash, recipient, net: netOf(tokens), block, number }
        if (isPaid) claims.push(claim)
        else unpaid.push(claim)
      }
    }
  }
  const transactions = done.map(({ transaction }) => transaction)
  const acknowledge = async () => {
    for (const each of done) await each.acknowledge()
  }
  if (claims.length > 0)
    return { claims, unpaid, transactions, isEarlier: done.every(({ isEarlier }) => isEarlier), acknowledge }
  await acknowledge()
  throw nothingPaid(asset, unpaid, transactions)
}

function intentOf(asset: Address, [first, ...others]: readonly Proven[]): string {
  return `claim requests ${[first, ...others].map((each) => each?.number)} of block ${first?.block} from ${asset}`
}

function nothingToClaim(asset: Address, requests: readonly Infohash[], isPaid: boolean): OperationError {
  const why = isPaid
    ? 'the gateway has paid what was asked for'
    : 'none of it is in a final block; "ttx status INFOHASH" says where a request is'
  return new OperationError(
    'nothing-to-claim',
    `expected a request of ${asset} in a final block that is not paid yet, got none: ${why}`,
    { facts: { asset, requests } },
  )
}

function nothingPaid(asset: Address, unpaid: readonly AssetClaim[], transactions: readonly Hash[]): OperationError {
  const requests = unpaid.map(({ infohash }) => infohash)
  return new OperationError(
    'transaction-failed',
    `expected the gateway ${asset} to pay, got ${transactions.join(', ')}, in which its token refused each of the ${requests.length} recipients: it may be paused, or refuse them; claim again later, one alone for the reason`,
    { facts: { asset, requests, transactions }, retry: true },
  )
}
