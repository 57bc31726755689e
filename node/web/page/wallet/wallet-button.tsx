// Connects a wallet, and says which is connected.

import { Dialog } from '@base-ui/react/dialog'
import { useState } from 'react'
import { useConnect, useConnection, useConnectors, useDisconnect, useSwitchChain } from 'wagmi'
import { parseAddress } from '../../../protocol/ids.ts'
import { useWords } from '../language/language.tsx'
import { AddressLink } from '../parts/ids.tsx'
import { isIcon, readable } from './announced.ts'
import { describeFailure } from './failure.ts'
import { useBridgeChain, WalletProvider } from './wallet-provider.tsx'

export function WalletButton() {
  return (
    <WalletProvider>
      <OfChain />
    </WalletProvider>
  )
}

function OfChain() {
  return useBridgeChain() === undefined ? <div className="wallet" /> : <Connected />
}

function Connected() {
  const { wallet } = useWords()
  const chain = useBridgeChain()
  const { address, chainId, isConnected } = useConnection()
  const { mutate: disconnect } = useDisconnect()
  const { mutate: switchChain } = useSwitchChain()
  if (!isConnected || address === undefined) return <Choice />
  return (
    <div className="wallet">
      {chain !== undefined && chainId !== chain.id && (
        <button type="button" title={wallet.wrongChain(chain.name)} onClick={() => switchChain({ chainId: chain.id })}>
          {wallet.switch}
        </button>
      )}
      <AddressLink owner={parseAddress(address)} />
      <button type="button" className="quiet" onClick={() => disconnect({})}>
        {wallet.disconnect}
      </button>
    </div>
  )
}

function Choice() {
  const words = useWords()
  const { wallet } = words
  const connectors = useConnectors()
  const [isOpen, setOpen] = useState(false)
  const { mutate: connect, error, isPending } = useConnect({ mutation: { onSuccess: () => setOpen(false) } })
  return (
    <div className="wallet">
      <Dialog.Root open={isOpen} onOpenChange={setOpen}>
        <Dialog.Trigger>{wallet.connect}</Dialog.Trigger>
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop" />
          <Dialog.Popup className="dialog">
            <Dialog.Title>{wallet.choose}</Dialog.Title>
            {connectors.length === 0 && <Dialog.Description>{wallet.none}</Dialog.Description>}
            <ul className="plain">
              {connectors.map((connector) => (
                <li key={connector.uid}>
                  <button type="button" disabled={isPending} onClick={() => connect({ connector })}>
                    {isIcon(connector.icon) && <img src={connector.icon.trim()} alt="" width="24" height="24" />}{' '}
                    <bdi>{readable(connector.name)}</bdi> <bdi className="faint">{readable(connector.id)}</bdi>
                  </button>
                </li>
              ))}
            </ul>
            {error !== null && (
              <p className="problem" role="alert">
                {describeFailure(error, words)}
              </p>
            )}
            <Dialog.Close className="quiet">{wallet.close}</Dialog.Close>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </div>
  )
}
