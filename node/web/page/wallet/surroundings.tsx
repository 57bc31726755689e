// What views have around them once the code of wallets is here: the connected wallet, and what it shows of tokens.

import type { ReactNode } from 'react'
import { GatewayReader } from '../assets/gateway-reader.tsx'
import { WalletProvider } from './wallet-provider.tsx'

export function Surroundings({ children }: { readonly children: ReactNode }) {
  return (
    <WalletProvider>
      <GatewayReader>{children}</GatewayReader>
    </WalletProvider>
  )
}
