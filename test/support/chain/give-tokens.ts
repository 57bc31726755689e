// wTTX for somebody, without a request that is paid.

import { encodeFunctionData } from 'viem'
import { tokenAbi } from '../../../deployments/token-abi.ts'
import type { Address } from '../../../node/protocol/ids.ts'
import type { Stage } from '../stage.ts'

/** From nowhere: what the bridge would mint. */
export async function giveTokens({ anvil, token, bridge }: Stage, to: Address, amount: bigint): Promise<void> {
  const { client } = anvil
  await client.impersonateAccount({ address: bridge.address })
  await client.setBalance({ address: bridge.address, value: 10n ** 18n })
  const data = encodeFunctionData({ abi: tokenAbi, functionName: 'mint', args: [to, amount] })
  await client.sendTransaction({ account: bridge.address, to: token.address, data, chain: null })
  await client.stopImpersonatingAccount({ address: bridge.address })
}
