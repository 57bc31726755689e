// Who is credited on the TTX side: an address that somebody has the key of, since nothing but a signature spends what is there.

import { OperationError } from '../../errors.ts'
import { isKeyless } from '../../ethereum/gateways/token.ts'
import type { EthereumReader } from '../../ethereum/reader.ts'
import { type Address, ZERO_ADDRESS } from '../../protocol/ids.ts'

/** Throws `OperationError('bad-address')` for nobody, for what is named here, and for a contract on Ethereum; and what asking throws. */
export async function checkOwned(
  ethereum: Pick<EthereumReader, 'ask'>,
  to: Address,
  unowned: readonly Address[],
): Promise<void> {
  const isContract = to !== ZERO_ADDRESS && !unowned.includes(to) && (await isKeyless(ethereum, to))
  if (to !== ZERO_ADDRESS && !unowned.includes(to) && !isContract) return
  const what = isContract ? ', a contract on Ethereum, for which nobody can sign' : ''
  throw new OperationError(
    'bad-address',
    `expected an address that somebody owns, got ${to}${what}; name another recipient (a token to deposit is named by --asset)`,
    { facts: { to } },
  )
}
