// Has the gateway of a token pay a request, once a final block has it.

import type { Infohash } from '../../../../protocol/ids.ts'
import { useWords } from '../../language/language.tsx'
import { describeFailure } from '../failure.ts'
import { useTokenClaim } from './use-claim.ts'

/** Only below what knows that a wallet is connected. */
export function ClaimToken({ infohash }: { readonly infohash: Infohash }) {
  const words = useWords()
  const { tokens: text, bridge } = words
  const { isPaid, claiming } = useTokenClaim(infohash)
  const problem = claiming.error ?? isPaid.error
  return (
    <div>
      {isPaid.data === true && <p role="status">{text.paid}</p>}
      {isPaid.data === null && <p className="faint">{text.waits}</p>}
      {isPaid.data === false && (
        <button type="button" className="primary" disabled={claiming.isPending} onClick={() => claiming.mutate()}>
          {claiming.isPending ? bridge.burning : text.claim}
        </button>
      )}
      {problem !== null && (
        <p className="problem" role="alert">
          {describeFailure(problem, words)}
        </p>
      )}
    </div>
  )
}
