// What is said of an asset that is not a gateway of the network.

import { OperationError } from '../../errors.ts'
import { gatewayOf } from '../../ethereum/gateways/gateway.ts'
import type { Address } from '../../protocol/ids.ts'

export function noGateway(asset: Address, factory: Address | undefined): OperationError {
  const gateway = factory === undefined ? undefined : gatewayOf(factory, asset)
  const hint = gateway === undefined ? '' : `, or if it is a token, name its gateway, ${gateway}`
  return new OperationError(
    'no-gateway',
    `expected a gateway of this network, got ${asset}: its contract pays by rules of its own; the proof for it is what bridge_request says${hint}`,
    { facts: { asset, ...(gateway === undefined ? {} : { gateway }) } },
  )
}
