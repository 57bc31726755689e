// Gateways, as the connected wallet shows them: the node does not say what a token calls itself, and the page reaches nobody else.

import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { type Config, useConfig, useConnection } from 'wagmi'
import type { Gateways } from '../../../client/assets/view.ts'
import { readTokenClaim, tokenOfGateway } from '../../../ethereum/gateways/token.ts'
import type { Address } from '../../../protocol/ids.ts'
import { useCall } from '../node.ts'
import { askerOf } from '../wallet/asker.ts'
import { useBridgeChain } from '../wallet/wallet-provider.tsx'

/** Why nothing is known of what entered from Ethereum. */
export const UNREAD = ['no-factory', 'no-wallet', 'wrong-chain'] as const
type Unread = (typeof UNREAD)[number]

const Reader = createContext<Gateways | Unread>('no-wallet')

export function useGateways(): Gateways | Unread {
  return useContext(Reader)
}

export function GatewayReader({ children }: { readonly children: ReactNode }) {
  return useBridgeChain() === undefined ? children : <Connected>{children}</Connected>
}

function Connected({ children }: { readonly children: ReactNode }) {
  const config = useConfig()
  const chain = useBridgeChain()
  const { isConnected, chainId } = useConnection()
  const { data: info } = useCall('node_info', {})
  const { gatewayFactory: factory, bridge } = info?.network ?? {}
  const isOnChain = chainId === chain?.id
  const reader = useMemo(() => {
    if (factory === undefined || bridge === undefined) return 'no-factory'
    if (!isConnected) return 'no-wallet'
    return isOnChain ? gatewaysOf(config, factory, bridge) : 'wrong-chain'
  }, [config, factory, bridge, isConnected, isOnChain])
  return <Reader value={reader}>{children}</Reader>
}

function gatewaysOf(config: Config, factory: Address, bridge: Address): Gateways {
  const asker = askerOf(config)
  // Once it was right it stays so: code does not change.
  let checked: Promise<void> | undefined
  const check = async () => {
    // With the code of all that is compared, which few views need.
    const { checkFactory } = await import('../../../ethereum/gateways/factory.ts')
    await checkFactory(asker, factory, bridge)
  }
  return {
    tokenOf: async (asset) => await tokenOfGateway(asker, factory, asset),
    check: async () => {
      checked ??= check()
      await checked.catch((error: unknown) => {
        checked = undefined
        throw error
      })
    },
    claimOf: async (token) => await readTokenClaim(asker, token),
  }
}
