// Has the gateway of a token pay a request of a final block, by the connected wallet: relayers do not, since what the token is worth is not known to them.

import type { Config } from 'wagmi'
import { sendTransaction } from 'wagmi/actions'
import { gatewayClaimCall } from '../../../../ethereum/gateways/calls.ts'
import { checkFactory } from '../../../../ethereum/gateways/factory.ts'
import { isPaidByGateway, tokenOfGateway } from '../../../../ethereum/gateways/token.ts'
import { isEntered } from '../../../../protocol/asset.ts'
import type { Address, Infohash } from '../../../../protocol/ids.ts'
import type { Result } from '../../../../rpc/api.ts'
import { node } from '../../node.ts'
import { Said } from '../../said.ts'
import { askerOf } from '../asker.ts'
import { settle } from '../on-ethereum.ts'
import type { TokenNetwork } from './token-facts.ts'

type Proven = NonNullable<Result<'bridge_request'>['request']>

/** Undefined as long as no final block has the request. */
export async function isTokenPaid(config: Config, infohash: Infohash): Promise<boolean | undefined> {
  const proven = await provenRequest(infohash)
  return proven && (await isPaidByGateway(askerOf(config), proven.asset, proven.request.number))
}

/** Until Ethereum has it. Throws `Said` where nothing can be claimed or the token refuses, and what the wallet and the node throw. */
export async function claimToken(
  config: Config,
  { bridge, factory }: TokenNetwork,
  account: Address,
  infohash: Infohash,
): Promise<void> {
  const asker = askerOf(config)
  const proven = await provenRequest(infohash)
  if (proven === undefined) throw new Said(({ tokens }) => tokens.notFinal)
  const { asset, request } = proven
  if ((await tokenOfGateway(asker, factory, asset)) === undefined) throw new Said(({ tokens }) => tokens.noGateway)
  // What a stranger's gateway says that it paid need not be true.
  await checkFactory(asker, factory, bridge)
  if (await isPaidByGateway(asker, asset, request.number)) return
  const { data, gas } = gatewayClaimCall(asset, request.sealed, [{ ...request, gross: request.tokens }])
  const isPaying = await asker.ask('whether a claim would succeed', (client) =>
    client.call({ account, to: asset, data, gas }).then(
      () => true,
      () => false,
    ),
  )
  if (!isPaying) throw new Said(({ tokens }) => tokens.doesNotPay)
  await settle(config, await sendTransaction(config, { account, chainId: config.chains[0].id, to: asset, data, gas }))
}

async function provenRequest(
  infohash: Infohash,
): Promise<{ readonly asset: Address; readonly request: Proven } | undefined> {
  const { request } = await node.call('bridge_request', { infohash })
  if (request?.asset === undefined || !isEntered(request.asset)) return undefined
  return { asset: request.asset, request }
}
