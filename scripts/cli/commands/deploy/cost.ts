// What a deployment costs at this moment, and what a network of these parameters will ask of its miners.

import { OperationError } from '../../../../node/errors.ts'
import { bondOf } from '../../../../node/ethereum/calls.ts'
import type { Connection } from '../../../../node/ethereum/connection.ts'
import { CREATE2_PROXY, creationCode, JUDGE_CREATION } from '../../../../node/ethereum/deploying/creation.ts'
import { deployCall, type EthereumDeployer } from '../../../../node/ethereum/deploying/deployer.ts'
import { hasJudge, judgeCall } from '../../../../node/ethereum/deploying/judge.ts'
import type { Parameters } from '../../../../node/ethereum/deploying/parameters.ts'
import { suggestFees } from '../../../../node/ethereum/sending/fees.ts'
import type { Address, Hash } from '../../../../node/protocol/ids.ts'
import { addPrices, costOfGas, type GasPrice, toGasPrice, toWei, type Wei } from '../../../../node/protocol/units.ts'

export type Cost = {
  /** Whether the chain has the judge of this version: else it is deployed first. */
  readonly hasJudge: boolean
  /** Units: expected, and the limits of the transactions together. */
  readonly gas: bigint
  readonly gasLimit: bigint
  readonly baseFee: GasPrice
  readonly tip: GasPrice
  readonly expected: Wei
  /** What the account has to have. */
  readonly most: Wei
  /** Of a block, at this base fee. */
  readonly bond: Wei
  readonly rivalBond: Wei
}

/** `from` pays, or would. Throws what asking the endpoint throws, and the refusal of the constructor. */
export async function costOf(
  {
    connection,
    chain,
    parameters,
  }: { readonly connection: Connection; readonly chain: bigint; readonly parameters: Parameters },
  ethereum: EthereumDeployer,
  from: Address,
  state: Hash,
): Promise<Cost> {
  const data = creationCode(state, parameters)
  const { baseFee } = await ethereum.head()
  const tip = await ethereum.tip()
  const isThere = await hasJudge(connection, chain)
  const forJudge = isThere ? 0n : await ethereum.estimate('deploy judge', JUDGE_CREATION, from, CREATE2_PROXY)
  const forBridge = await ethereum.estimate('deploy', data, from)
  const gas = forJudge + forBridge
  const gasLimit = deployCall(data, forBridge).gas + (isThere ? 0n : judgeCall(forJudge).gas)
  const prices = { baseFee, floorPrice: toGasPrice(parameters.floorPrice) }
  return {
    ...{ hasJudge: isThere, gas, gasLimit, baseFee, tip },
    expected: costOfGas(gas, addPrices(baseFee, tip)),
    most: costOfGas(gasLimit, suggestFees(baseFee, tip).maxFeePerGas),
    bond: bondOf(prices),
    rivalBond: bondOf(prices, true),
  }
}

/** Throws `OperationError('unfunded-account')`, before anybody is asked to confirm anything. */
export function checkFunds(account: Address, balance: Wei, { most }: Cost): void {
  if (balance >= most) return
  throw new OperationError(
    'unfunded-account',
    `expected at least ${most} wei at ${account} to deploy, got ${balance}; send ${toWei(most - balance)} wei or more to it`,
    { facts: { account, balance: `${balance}`, needed: `${most}` } },
  )
}
