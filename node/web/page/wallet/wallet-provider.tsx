// Wallets of the browser, found by EIP-6963 alone: nothing is loaded from elsewhere, and no wallet is asked before somebody connects it.

import { createContext, type ReactNode, useContext } from 'react'
import { type Chain, defineChain } from 'viem'
import { createConfig, createStorage, unstable_connector, WagmiProvider } from 'wagmi'
import { useCall } from '../node.ts'

/** The chain of the bridge; undefined before the node has named it. */
const BridgeChain = createContext<Chain | undefined>(undefined)

const NAMES: Readonly<Record<string, string>> = {
  '1': 'Ethereum',
  '11155111': 'Sepolia',
  '560048': 'Hoodi',
  '31337': 'devnet (31337)',
}

export function useBridgeChain(): Chain | undefined {
  return useContext(BridgeChain)
}

export function WalletProvider({ children }: { readonly children: ReactNode }) {
  const { data } = useCall('node_info', {})
  const id = data === undefined ? undefined : Number(data.network.chain)
  const made = id === undefined ? undefined : configOf(id)
  if (made === undefined) return <BridgeChain value={undefined}>{children}</BridgeChain>
  return (
    <WagmiProvider config={made.config} reconnectOnMount>
      <BridgeChain value={made.chain}>{children}</BridgeChain>
    </WagmiProvider>
  )
}

const configs = new Map<number, ReturnType<typeof makeConfig>>()

/** The same for all who ask, so that all of them are connected if one is. */
function configOf(id: number): ReturnType<typeof makeConfig> {
  const made = configs.get(id) ?? makeConfig(id)
  configs.set(id, made)
  return made
}

/** Ethereum is asked through the wallet that is connected: the page itself reaches its node and nobody else. */
function makeConfig(id: number) {
  const chain = defineChain({
    id,
    name: NAMES[`${id}`] ?? `chain ${id}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [] } },
  })
  const config = createConfig({
    chains: [chain],
    connectors: [],
    multiInjectedProviderDiscovery: true,
    storage: createStorage({ storage: localStorage, key: 'wallet' }),
    transports: { [id]: unstable_connector({ type: 'injected' }) },
  })
  return { chain, config }
}
