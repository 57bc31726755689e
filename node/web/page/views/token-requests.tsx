// Requests of tokens that this browser has made, and what became of them.

import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { TransactionLink } from '../parts/ids.tsx'
import { ClaimToken } from '../wallet/tokens/claim-button.tsx'
import { forgetRequest, useRequests } from '../wallet/tokens/requests.ts'
import { WithWallet } from '../wallet/wallet-needed.tsx'

export function TokenRequests() {
  const { tokens: text, swap } = useWords()
  const { data: info } = useCall('node_info', {})
  const bridge = info?.network.bridge
  const requests = useRequests(bridge)
  if (bridge === undefined || requests.length === 0) return null
  return (
    <section>
      <h2>{text.claimHeading}</h2>
      <p>{text.claimNote}</p>
      <WithWallet>
        {requests.map((infohash) => (
          <div className="card" key={infohash}>
            <p>
              <TransactionLink infohash={infohash} />
            </p>
            <ClaimToken infohash={infohash} />
            <button type="button" className="quiet" onClick={() => forgetRequest(bridge, infohash)}>
              {swap.forget}
            </button>
          </div>
        ))}
      </WithWallet>
    </section>
  )
}
