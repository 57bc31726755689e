// Requests in final blocks that nobody has had paid: anyone may, for anyone.

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useConfig, useConnection } from 'wagmi'
import type { Address } from '../../../protocol/ids.ts'
import { checksumAddress, parseAddress } from '../../../protocol/ids.ts'
import type { Result } from '../../../rpc/api.ts'
import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { TextField } from '../parts/field.tsx'
import { AddressLink, TransactionLink } from '../parts/ids.tsx'
import { Money } from '../parts/money.tsx'
import { Scroll } from '../parts/scroll.tsx'
import { Answer } from '../parts/states.tsx'
import { readAddress } from '../parts/written.ts'
import { describeFailure } from '../wallet/failure.ts'
import { claim, settle } from '../wallet/on-ethereum.ts'
import { WithWallet } from '../wallet/wallet-needed.tsx'
import { useBridgeChain } from '../wallet/wallet-provider.tsx'
import { TokenRequests } from './token-requests.tsx'

type Claim = Result<'bridge_claims'>['claims'][number]

/** Requests in one transaction. */
const BATCH = 50

export function BridgeClaims({ of }: { readonly of: string | undefined }) {
  const words = useWords()
  return useBridgeChain() === undefined ? <p>{words.misc.loading}</p> : <Claims of={of} />
}

function Claims({ of }: { readonly of: string | undefined }) {
  const { bridge } = useWords()
  const { address } = useConnection()
  const [written, setOwner] = useState(of)
  const text = written ?? (address === undefined ? '' : checksumAddress(parseAddress(address)))
  const owner = readAddress(text)
  return (
    <>
      <TextField name="owner" label={bridge.claimFor} value={text} onChange={setOwner} />
      {owner !== undefined && <ClaimsOf owner={owner} />}
      <TokenRequests />
    </>
  )
}

function ClaimsOf({ owner }: { readonly owner: Address }) {
  const words = useWords()
  const { bridge } = words
  const claims = useCall('bridge_claims', { recipient: owner, limit: BATCH })
  return (
    <Answer of={claims}>
      {({ claims: open }) =>
        open.length === 0 ? (
          <p className="faint">{bridge.claimNone}</p>
        ) : (
          <>
            <Scroll name={bridge.claims}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{words.payments.payment}</th>
                    <th scope="col">{words.tx.recipient}</th>
                    <th scope="col" className="number">
                      {bridge.arrives}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {open.map((each) => (
                    <tr key={each.infohash}>
                      <td>
                        <TransactionLink infohash={each.infohash} />
                      </td>
                      <td>
                        <AddressLink owner={each.recipient} />
                      </td>
                      <td className="number">
                        <Money tokens={each.net} unit="wTTX" />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
            <WithWallet>
              <ClaimButton claims={open} />
            </WithWallet>
          </>
        )
      }
    </Answer>
  )
}

function ClaimButton({ claims }: { readonly claims: readonly Claim[] }) {
  const words = useWords()
  const { bridge } = words
  const config = useConfig()
  const { address } = useConnection()
  const { data: info } = useCall('node_info', {})
  const claiming = useMutation({
    mutationFn: async () => {
      if (address === undefined || info === undefined) throw new Error(words.wallet.needed)
      for (const ofBlock of Map.groupBy(claims, ({ block }) => block).values()) {
        const [first] = ofBlock
        if (first === undefined) continue
        await settle(config, await claim(config, info.network, parseAddress(address), first.sealed, ofBlock))
      }
    },
  })
  return (
    <>
      <button
        type="button"
        className="primary"
        disabled={claiming.isPending || info === undefined}
        onClick={() => claiming.mutate()}
      >
        {claiming.isPending ? bridge.burning : bridge.claim}
      </button>
      {claiming.isSuccess && <p role="status">{bridge.claimed}</p>}
      {claiming.error !== null && (
        <p className="problem" role="alert">
          {describeFailure(claiming.error, words)}
        </p>
      )}
    </>
  )
}
