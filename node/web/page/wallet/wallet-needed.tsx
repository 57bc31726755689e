// What needs a wallet, once one is connected.

import type { ReactNode } from 'react'
import { useConnection } from 'wagmi'
import { useWords } from '../language/language.tsx'
import { useBridgeChain } from './wallet-provider.tsx'

export function WithWallet({ children }: { readonly children: ReactNode }) {
  const { wallet, misc } = useWords()
  const chain = useBridgeChain()
  return chain === undefined ? <p>{misc.loading}</p> : <Connected note={wallet.needed}>{children}</Connected>
}

function Connected({ note, children }: { readonly note: string; readonly children: ReactNode }) {
  const { isConnected } = useConnection()
  return isConnected ? children : <p className="note">{note}</p>
}
