// Out to Ethereum, back from it, and claims of what is final.

import { Tabs } from '@base-ui/react/tabs'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useWords } from '../language/language.tsx'
import { WithWallet } from '../wallet/wallet-needed.tsx'
import { BridgeBack } from './bridge-back.tsx'
import { BridgeClaims } from './bridge-claims.tsx'
import { BridgeOut } from './bridge-out.tsx'

export function Bridge() {
  const { bridge } = useWords()
  const { way = 'out', for: owner } = useSearch({ from: '/bridge' })
  const navigate = useNavigate()
  return (
    <>
      <h1>{bridge.heading}</h1>
      <Tabs.Root
        value={way}
        onValueChange={(value) => void navigate({ to: '/bridge', search: { way: value as 'out' }, replace: true })}
      >
        <Tabs.List className="tabs">
          <Tabs.Tab value="out">{bridge.out}</Tabs.Tab>
          <Tabs.Tab value="back">{bridge.back}</Tabs.Tab>
          <Tabs.Tab value="claims">{bridge.claims}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="out">
          <p>{bridge.outNote}</p>
          <WithWallet>
            <BridgeOut />
          </WithWallet>
        </Tabs.Panel>
        <Tabs.Panel value="back">
          <WithWallet>
            <BridgeBack />
          </WithWallet>
        </Tabs.Panel>
        <Tabs.Panel value="claims">
          <p>{bridge.claimsNote}</p>
          <BridgeClaims of={owner} />
        </Tabs.Panel>
      </Tabs.Root>
    </>
  )
}
