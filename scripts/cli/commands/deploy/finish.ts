// The second half of a deployment: sent or found again, looked at on every endpoint, and written down.

import { formatEther } from '../../../../miner/profit.ts'
import { carryOutOnce } from '../../../../node/client/ethereum/carry-out.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { BridgeCall } from '../../../../node/ethereum/calls.ts'
import type { Connection } from '../../../../node/ethereum/connection.ts'
import { createdBy, creationCode } from '../../../../node/ethereum/deploying/creation.ts'
import { readCreation } from '../../../../node/ethereum/deploying/creation-transaction.ts'
import { describeDeployment } from '../../../../node/ethereum/deploying/deploy.ts'
import { deployCall } from '../../../../node/ethereum/deploying/deployer.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { costOfGas } from '../../../../node/protocol/units.ts'
import { type CliContext, formatTable, type Result } from '../../context.ts'
import { writeDeployment, writeSources } from './deployment-files.ts'
import { type Plan, removePlan } from './plan.ts'
import { checkAlike, examineAll } from './verdict.ts'

/** There is one outbox for a deployer and a chain, and one deployment at a time in it. */
const INTENT = 'deploy'

export type Unfinished = {
  readonly plan: Plan
  /** Where the plan is kept. */
  readonly file: string
  readonly sender: TransactionSender
  readonly connection: Connection
  readonly urls: readonly string[]
  readonly chain: bigint
  /** What it is expected to use, units; not needed where it was sent. */
  readonly gas: bigint
}

/** The transaction of an earlier run that may count, or has and was not reported. */
export function openCreation(sender: TransactionSender): BridgeCall | undefined {
  return sender.open(INTENT)
}

/** Throws what `carryOut` throws, 'deployment-differs', 'file-not-written'; whatever it throws, the same command goes on from there. */
export async function finish(context: CliContext, unfinished: Unfinished): Promise<Result> {
  const { plan, file, sender, connection, urls, chain, gas } = unfinished
  const { genesis, parameters, out } = plan
  const state = stateRoot(genesisState(genesis))
  const data = creationCode(state, parameters)
  const done = await carryOutOnce(sender, INTENT, () => deployCall(data, gas), context.signal)
  const { receipt, isEarlier, acknowledge } = done
  const creation = await readCreation(connection, receipt.hash)
  if (creation === undefined) {
    throw new OperationError(
      'transaction-under-way',
      `expected transaction ${receipt.hash} in a block of Ethereum, but it is gone again; run the same command again: it goes on with this one, and does nothing twice`,
      { facts: { transaction: receipt.hash }, retry: true },
    )
  }
  const contracts = createdBy(creation.from, creation.nonce)
  const deployment = describeDeployment({ ...creation, chain, contracts }, genesis, parameters)
  const { bridge } = contracts
  const { transaction, block, time } = creation
  const claim = { ...{ bridge, chain, transaction, block, time, genesis, parameters }, token: contracts.token }
  const verdicts = await examineAll(urls, claim)
  for (const verdict of verdicts) {
    if ('trouble' in verdict) context.log.warn({ endpoint: verdict.endpoint }, verdict.trouble.message)
  }
  checkAlike(verdicts, 'deployment')
  await writeDeployment(deployment, out)
  const sources = await writeSources(out, state, parameters, contracts)
  const spent = costOfGas(receipt.gasUsed, receipt.gasPrice)
  const { token, judge } = contracts
  return {
    data: {
      ...{ chain, bridge, token, judge, transaction, block, time, genesis: genesisInfohash(genesis) },
      ...{ parameters, gas: receipt.gasUsed, cost: spent, file: out, sources, earlier: isEarlier },
    },
    text: formatTable([
      ['bridge', bridge],
      ['token', token],
      ['judge', judge],
      ['transaction', `${transaction}, in block ${block}`],
      ['cost', `${receipt.gasUsed} gas, ${formatEther(spent)} ETH`],
      ['network', `${out}: give it to everyone who joins`],
      ['sources', `${sources}: what explorers ask for`],
      ['verify it', `ttx verify-deployment ${out}, again once it is 64 blocks deep`],
      ...(isEarlier ? [['careful', 'an earlier run had sent this: it was deployed once'] as const] : []),
    ]),
    onPrinted: async () => {
      await acknowledge()
      await removePlan(file)
    },
  }
}
