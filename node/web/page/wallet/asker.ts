// Ethereum as the connected wallet answers it, for what asks endpoints elsewhere: questions of gateways and of tokens.

import type { PublicClient } from 'viem'
import type { Config } from 'wagmi'
import { getPublicClient } from 'wagmi/actions'
import { problemOf } from '../../../ethereum/problems.ts'
import type { EthereumReader } from '../../../ethereum/reader.ts'

export type Asker = Pick<EthereumReader, 'ask'>

/** Throws what `problemOf` makes of the wallet's errors. */
export function askerOf(config: Config): Asker {
  return {
    ask: async (what, question) => {
      try {
        // The one chain of the page, of which no client knows more than that it is of Ethereum.
        return await question(getPublicClient(config) as PublicClient)
      } catch (cause) {
        throw problemOf('the connected wallet', what, cause)
      }
    },
  }
}
