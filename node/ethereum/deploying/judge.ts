// The judge of this version: deployed once on a chain, by whoever comes first, and given to every bridge after that.

import type { Account, Hex, PublicClient, Transport, WalletClient } from 'viem'
import { judgeRuntimeCode } from '../../../deployments/judge-runtime-code.ts'
import { OperationError } from '../../errors.ts'
import type { Address } from '../../protocol/ids.ts'
import type { BridgeCall } from '../calls.ts'
import type { Connection } from '../connection.ts'
import { CREATE2_PROXY, CREATE2_PROXY_CODE, JUDGE, JUDGE_CREATION } from './creation.ts'
import { creationGas } from './creation-gas.ts'
import { deployGas } from './deployer.ts'

/** `estimate` is what an endpoint expects it to use, units. */
export function judgeCall(estimate: bigint): BridgeCall {
  const gas = deployGas(creationGas(JUDGE_CREATION, Object.values(judgeRuntimeCode)), estimate)
  return { name: 'deploy judge', to: CREATE2_PROXY, data: JUDGE_CREATION, gas, bondGas: 0n }
}

/** Whether the chain has a judge of this version. Throws `OperationError('no-create2-proxy')` if it has not, and cannot have one. */
export async function hasJudge(connection: Pick<Connection, 'ask'>, chain: bigint): Promise<boolean> {
  const codeAt = (address: Address) => connection.ask(`code of ${address}`, (client) => client.getCode({ address }))
  if (!isEmpty(await codeAt(JUDGE))) return true
  checkProxy(chain, await codeAt(CREATE2_PROXY))
  return false
}

/** On a local network: deploys it unless it is there. Throws `OperationError`: 'no-create2-proxy', 'deployment-failed'. */
export async function deployJudge(
  wallet: WalletClient<Transport, undefined, Account>,
  client: PublicClient,
): Promise<void> {
  const codeAt = (address: Address) => client.getCode({ address })
  if (!isEmpty(await codeAt(JUDGE))) return
  checkProxy(BigInt(await client.getChainId()), await codeAt(CREATE2_PROXY))
  const hash = await wallet.sendTransaction({ to: CREATE2_PROXY, data: JUDGE_CREATION, chain: null })
  await client.waitForTransactionReceipt({ hash })
  // Whatever became of it: somebody else may have been faster.
  if (!isEmpty(await codeAt(JUDGE))) return
  throw new OperationError(
    'deployment-failed',
    `expected a judge at ${JUDGE}, got a transaction without effect: ${hash}; nothing was deployed, and its gas is spent`,
    { facts: { transaction: hash } },
  )
}

function isEmpty(code: Hex | undefined): boolean {
  return code === undefined || code === '0x'
}

/** What another contract does with what it is sent is not known, and a bridge without a judge can refute nothing. */
function checkProxy(chain: bigint, code: Hex | undefined): void {
  if (code?.toLowerCase() === CREATE2_PROXY_CODE) return
  throw new OperationError(
    'no-create2-proxy',
    `expected the deterministic deployment proxy at ${CREATE2_PROXY} on chain ${chain}, got ${isEmpty(code) ? 'no contract' : 'another contract'}; it is on nearly every chain, and https://github.com/Arachnid/deterministic-deployment-proxy says how anybody puts it on another one`,
    { facts: { chain: `${chain}`, proxy: CREATE2_PROXY } },
  )
}
