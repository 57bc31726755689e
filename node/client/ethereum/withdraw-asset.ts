// Drawing what a gateway owes to a miner: 1% of each request that it paid out of a block of theirs.

import { OperationError } from '../../errors.ts'
import { gatewayWithdrawCall } from '../../ethereum/gateways/calls.ts'
import { checkFactory } from '../../ethereum/gateways/factory.ts'
import { owedByGateway, tokenOfGateway } from '../../ethereum/gateways/token.ts'
import type { TransactionSender } from '../../ethereum/sending/sender.ts'
import type { Address, Hash } from '../../protocol/ids.ts'
import { carryOutOnce, type Done } from './carry-out.ts'
import { noGateway } from './no-gateway.ts'

type Drawn = Done & {
  readonly token: Address
  /** Units of the token that the gateway owed when it was asked to send them; undefined where an earlier command had it sent. */
  readonly amount: bigint | undefined
  readonly transaction: Hash
}

/**
 * Has the gateway send all that it owes `account` to it; whoever asks pays the gas. Throws `no-gateway` for an asset that is not a gateway of the network,
 * `deployment-differs` if the factory is not ours, `nothing-owed`, and what `carryOut` throws.
 */
export async function withdrawAsset(
  sender: TransactionSender,
  { factory, asset, account }: { factory: Address | undefined; asset: Address; account: Address },
  signal?: AbortSignal,
): Promise<Drawn> {
  const { ethereum } = sender
  const token = factory && (await tokenOfGateway(ethereum, factory, asset))
  if (factory === undefined || token === undefined) throw noGateway(asset, factory)
  let amount: bigint | undefined
  const draft = async () => {
    // What a stranger's gateway says that it owes, and that it sent, need not be true.
    await checkFactory(ethereum, factory, ethereum.network.bridge)
    amount = await owedByGateway(ethereum, asset, account)
    if (amount === 0n) throw nothingOwed(asset, account)
    return gatewayWithdrawCall(asset, account)
  }
  const { receipt, ...done } = await carryOutOnce(sender, `withdraw for ${account} from ${asset}`, draft, signal)
  return { ...done, token, amount, transaction: receipt.hash }
}

function nothingOwed(asset: Address, account: Address): OperationError {
  return new OperationError(
    'nothing-owed',
    `expected the gateway ${asset} to owe something to ${account}, got nothing: it owes 1% of a request to the payout address of the block's miner, once the request is paid`,
    { facts: { asset, account } },
  )
}
