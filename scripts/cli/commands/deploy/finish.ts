// The second half of a deployment: sent or found again, looked at on every endpoint, and written down.

import { formatEther } from '../../../../miner/profit.ts'
import { carryOutOnce } from '../../../../node/client/ethereum/carry-out.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { BridgeCall } from '../../../../node/ethereum/calls.ts'
import type { Connection } from '../../../../node/ethereum/connection.ts'
import { CREATE2_PROXY, createdBy, creationCode, JUDGE_CREATION } from '../../../../node/ethereum/deploying/creation.ts'
import { readCreation } from '../../../../node/ethereum/deploying/creation-transaction.ts'
import { describeDeployment } from '../../../../node/ethereum/deploying/deploy.ts'
import { deployCall, type EthereumDeployer } from '../../../../node/ethereum/deploying/deployer.ts'
import { hasJudge, judgeCall } from '../../../../node/ethereum/deploying/judge.ts'
import type { Receipt } from '../../../../node/ethereum/reader.ts'
import type { TransactionSender } from '../../../../node/ethereum/sending/sender.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import type { Hash } from '../../../../node/protocol/ids.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import { addWei, costOfGas } from '../../../../node/protocol/units.ts'
import { type CliContext, formatTable, type Result } from '../../context.ts'
import { writeDeployment, writeSources } from './deployment-files.ts'
import { type Plan, removePlan } from './plan.ts'
import { checkAlike, examineAll } from './verdict.ts'

/** There is one outbox for a deployer and a chain, and one deployment at a time in it. */
const INTENT = 'deploy'
const JUDGE_INTENT = 'deploy judge'

/** What there is before the transaction, and after it. */
export type Unfinished = {
  readonly plan: Plan
  /** Where the plan is kept. */
  readonly file: string
  readonly sender: TransactionSender
  readonly ethereum: EthereumDeployer
  readonly connection: Connection
  readonly urls: readonly string[]
  readonly chain: bigint
}

type Sent = {
  readonly transaction: Hash
  readonly isEarlier: boolean
  /** Of the judge, if this run has deployed it. */
  readonly judge?: Receipt | undefined
  readonly acknowledge?: () => Promise<void>
}

/** A transaction of an earlier run that may count, or has and was not reported. */
export function openCreation(sender: TransactionSender): BridgeCall | undefined {
  return sender.open(INTENT) ?? sender.open(JUDGE_INTENT)
}

/** Throws what `carryOut` throws, and what `complete` does; whatever it throws, the same command goes on from there. */
export async function sendAndComplete(context: CliContext, unfinished: Unfinished): Promise<Result> {
  const { plan, sender, ethereum } = unfinished
  const judge = await judgeFirst(context, unfinished)
  const data = creationCode(stateRoot(genesisState(plan.genesis)), plan.parameters)
  const draft = async () => deployCall(data, await ethereum.estimate('deploy', data))
  const done = await carryOutOnce(sender, INTENT, draft, context.signal)
  const { receipt, isEarlier, acknowledge } = done
  return await complete(context, unfinished, { transaction: receipt.hash, isEarlier, acknowledge, judge })
}

/** A bridge is given the judge of its version, which is on the chain if anyone has deployed one before. */
async function judgeFirst(
  { say, signal }: CliContext,
  { sender, ethereum, connection, chain }: Unfinished,
): Promise<Receipt | undefined> {
  const isOpen = sender.open(JUDGE_INTENT) !== undefined
  if (!isOpen && (await hasJudge(connection, chain))) return undefined
  const draft = async () =>
    judgeCall(await ethereum.estimate(JUDGE_INTENT, JUDGE_CREATION, ethereum.account, CREATE2_PROXY))
  try {
    const { receipt, acknowledge } = await carryOutOnce(sender, JUDGE_INTENT, draft, signal)
    say(`the judge of this version is on chain ${chain} now, in block ${receipt.block}`)
    await acknowledge()
    return receipt
  } catch (error) {
    // Somebody else was faster, and theirs is ours as well.
    if (!(error instanceof OperationError) || !(await hasJudge(connection, chain))) throw error
    return undefined
  }
}

/** Throws 'deployment-differs', 'file-not-written', 'transaction-under-way' (retry). */
export async function complete(
  context: CliContext,
  { plan, file, sender, connection, urls, chain }: Unfinished,
  { transaction, isEarlier, acknowledge, judge: made }: Sent,
): Promise<Result> {
  const { genesis, parameters, out } = plan
  const state = stateRoot(genesisState(genesis))
  const creation = await readCreation(connection, transaction)
  const receipt = await sender.ethereum.receipt(transaction)
  if (creation === undefined || receipt === undefined) {
    throw new OperationError(
      'transaction-under-way',
      `expected transaction ${transaction} in a block of Ethereum, but it is gone again; run the same command again: it goes on with this one, and does nothing twice`,
      { facts: { transaction }, retry: true },
    )
  }
  const contracts = createdBy(creation.from, creation.nonce)
  const deployment = describeDeployment({ ...creation, chain, contracts }, genesis, parameters)
  const { bridge } = contracts
  const { block, time } = creation
  const claim = { ...{ bridge, chain, transaction, block, time, genesis, parameters }, token: contracts.token }
  const verdicts = await examineAll(urls, claim)
  for (const verdict of verdicts) {
    if ('trouble' in verdict) context.log.warn({ endpoint: verdict.endpoint }, verdict.trouble.message)
  }
  checkAlike(verdicts, 'deployment')
  await writeDeployment(deployment, out)
  const sources = await writeSources(out, state, parameters, contracts)
  const paid = made === undefined ? [receipt] : [made, receipt]
  const spent = addWei(paid.map(({ gasUsed, gasPrice }) => costOfGas(gasUsed, gasPrice)))
  const gas = paid.reduce((sum, { gasUsed }) => sum + gasUsed, 0n)
  const { token, judge, reader } = contracts
  return {
    data: {
      ...{ chain, bridge, token, judge, reader, transaction, block, time, genesis: genesisInfohash(genesis) },
      ...{ parameters, gas, cost: spent, file: out, sources, earlier: isEarlier },
    },
    text: formatTable([
      ['bridge', bridge],
      ['token', token],
      ['judge', judge],
      ['reader', reader],
      ['transaction', `${transaction}, in block ${block}`],
      ['cost', `${gas} gas, ${formatEther(spent)} ETH`],
      ['network', `${out}: give it to everyone who joins`],
      ['sources', `${sources}: what explorers ask for`],
      ['verify it', `ttx verify-deployment ${out}, again once it is 64 blocks deep`],
      ...(isEarlier ? [['careful', 'an earlier run has sent this: it was deployed once'] as const] : []),
    ]),
    onPrinted: async () => {
      await acknowledge?.()
      await removePlan(file)
    },
  }
}
