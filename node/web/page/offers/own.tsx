// Whose offers are one's own: those of the connected wallet. Also where no wallet can be connected yet.

import { useContext, useSyncExternalStore } from 'react'
import { type Config, WagmiContext } from 'wagmi'
import { getConnection, watchConnection } from 'wagmi/actions'
import { type Address, parseAddress } from '../../../protocol/ids.ts'

export function useOwner(): Address | undefined {
  const config = useContext(WagmiContext)
  const address = useSyncExternalStore(
    (onChange) => watch(config, onChange),
    () => (config === undefined ? undefined : getConnection(config).address),
  )
  return address && parseAddress(address)
}

function watch(config: Config | undefined, onChange: () => void): () => void {
  return config === undefined ? () => undefined : watchConnection(config, { onChange })
}
