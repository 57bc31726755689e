// Warns before money goes to an address that cannot sign: a contract on Ethereum has no key for what it is paid on the TTX side.

import { useQuery } from '@tanstack/react-query'
import { useConfig } from 'wagmi'
import type { Address } from '../../../protocol/ids.ts'
import { useWords } from '../language/language.tsx'
import { isNobody } from '../parts/written.ts'
import { isContract } from './on-ethereum.ts'

/** Only below what knows that a wallet is connected. Says nothing where the wallet cannot tell. */
export function ContractWarning({ payee }: { readonly payee: Address }) {
  const { wallet, sent } = useWords()
  const config = useConfig()
  const { data } = useQuery({
    queryKey: ['ethereum', 'code', payee],
    queryFn: () => isContract(config, payee),
    retry: false,
  })
  return data === true || isNobody(payee) ? (
    <p className="note" role="alert">
      {isNobody(payee) ? sent.toNobody : wallet.contract}
    </p>
  ) : null
}
