// Whether the gateway of a token has paid a request, and how to make it.

import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useConfig, useConnection } from 'wagmi'
import { type Infohash, parseAddress } from '../../../../protocol/ids.ts'
import { useCall } from '../../node.ts'
import { Said } from '../../said.ts'
import { claimToken, isTokenPaid } from './claim-token.ts'

type TokenClaim = {
  /** Undefined as long as no final block has the request. */
  readonly isPaid: UseQueryResult<boolean | null>
  readonly claiming: UseMutationResult<void, Error, void>
}

/** Only below what knows that a wallet is connected. */
export function useTokenClaim(infohash: Infohash): TokenClaim {
  const config = useConfig()
  const { address } = useConnection()
  const client = useQueryClient()
  const { data: info } = useCall('node_info', {})
  const queryKey = ['bridge', 'is a token paid', infohash]
  const isPaid = useQuery({
    queryKey,
    queryFn: async () => (await isTokenPaid(config, infohash)) ?? null,
    retry: false,
  })
  const claiming = useMutation({
    mutationFn: async () => {
      if (address === undefined || info === undefined) throw new Said(({ wallet }) => wallet.needed)
      const { gatewayFactory: factory, ...network } = info.network
      if (factory === undefined) throw new Said(({ tokens }) => tokens.noFactory)
      await claimToken(config, { ...network, factory }, parseAddress(address), infohash)
    },
    onSettled: async () => await client.invalidateQueries({ queryKey }),
  })
  return { isPaid, claiming }
}
