// What is about to be deployed, in words and figures, before anything is signed.

import { formatEther } from '../../../../miner/profit.ts'
import { OperationError } from '../../../../node/errors.ts'
import type { Connection } from '../../../../node/ethereum/connection.ts'
import { JUDGE } from '../../../../node/ethereum/deploying/creation.ts'
import type { EthereumDeployer } from '../../../../node/ethereum/deploying/deployer.ts'
import { PARAMETER_NAMES, PARAMETERS, type Parameters } from '../../../../node/ethereum/deploying/parameters.ts'
import { readSurroundings } from '../../../../node/ethereum/deploying/surroundings.ts'
import { genesisInfohash, genesisState } from '../../../../node/protocol/genesis.ts'
import type { Address, Hash } from '../../../../node/protocol/ids.ts'
import { stateRoot } from '../../../../node/protocol/state.ts'
import type { GenesisTransaction } from '../../../../node/protocol/transaction.ts'
import type { Wei } from '../../../../node/protocol/units.ts'
import { formatTable } from '../../context.ts'
import { formatSpan } from '../../time.ts'
import { type Cost, costOf } from './cost.ts'
import { networksOf } from './deployment-files.ts'
import { flagOf, formatGwei, formatParameter } from './parameter-flags.ts'
import { blockSeconds, findRisks, type Risk, type RiskName } from './risks.ts'

/** What a deployer has decided. */
export type Order = {
  readonly connection: Connection
  readonly chain: bigint
  /** Where the file of the network goes, absolute. */
  readonly out: string
  readonly parameters: Parameters
  /** Hashes a second. */
  readonly hashRate: number
  readonly accepted: readonly RiskName[]
}

/** All TTX go to `to`; `genesis` is undefined as long as it is not made. */
export type Owner = { readonly to: Address; readonly genesis: GenesisTransaction | undefined }

export type Proposal = {
  readonly cost: Cost
  readonly risks: readonly Risk[]
  /** Those that were not accepted. */
  readonly refused: readonly Risk[]
  readonly balance: Wei
  readonly data: object
  readonly text: string
}

/** For a genesis that is not made yet: as long, and hardly dearer. */
const SOME_STATE = `0x${'ff'.repeat(32)}` as Hash

/** Throws what asking Ethereum throws. `account` pays, or would. */
export async function propose(
  order: Order,
  ethereum: EthereumDeployer,
  account: Address,
  { to, genesis }: Owner,
): Promise<Proposal> {
  const { connection, chain, out, parameters, hashRate, accepted } = order
  const state = genesis === undefined ? SOME_STATE : stateRoot(genesisState(genesis))
  const surroundings = await readSurroundings(connection, chain)
  const sharedWith = genesis === undefined ? [] : await networksOf(genesisInfohash(genesis), out)
  const risks = findRisks({ surroundings, parameters, hashRate, sharedWith })
  const refused = risks.filter(({ name }) => !accepted.includes(name))
  const cost = await costOf(order, ethereum, account, state).catch((error: unknown) => {
    checkRisks({ refused }) // which may be the reason
    throw error
  })
  const balance = await ethereum.balance(account)
  const infohash = genesis && genesisInfohash(genesis)
  const seconds = blockSeconds({ parameters, hashRate })
  const lines = [
    formatTable([
      ['chain', `${chain} at ${connection.name}`],
      ['deployer', `${account}, which has ${formatEther(balance)} ETH and no rights afterwards`],
      ['genesis', `all 1,000,000,000 TTX to ${to} (${infohash ?? 'made when it is deployed'})`],
      ...PARAMETER_NAMES.map((name): [string, string] => [name, formatParameter(name, parameters[name])]),
      ['judge', cost.hasJudge ? `${JUDGE}, which the chain has` : `${JUDGE}, which is deployed first`],
      ['gas', `${cost.gas} at ${formatGwei(cost.baseFee + cost.tip)} gwei: ${formatEther(cost.expected)} ETH now`],
      ['', `at most ${formatEther(cost.most)} ETH (limit ${cost.gasLimit})`],
      [
        'bond',
        `${formatEther(cost.bond)} ETH for a block at this base fee, ${formatEther(cost.rivalBond)} for a rival`,
      ],
      ['first block', `${formatSeconds(seconds)} at ${hashRate} hashes a second`],
      ['writes', out],
    ]),
    '',
    ...PARAMETER_NAMES.map(
      (name) => `${name} (--${flagOf(name)}): ${PARAMETERS[name].means}. ${PARAMETERS[name].choice}`,
    ),
    '',
    'Nothing of this can be changed once it is deployed.',
    ...(surroundings.rollup === undefined
      ? ['Nothing says that the chain is a rollup. That proves nothing: not all of them can be told from here.']
      : []),
    ...risks.map(({ name, why }) => `${accepted.includes(name) ? 'accepted' : 'refused'}: ${name}: ${why}`),
  ]
  const data = {
    ...{ chain, deployer: account, balance, owner: to, genesis: infohash ?? null, parameters, out },
    cost: { ...cost, firstBlockSeconds: seconds },
    risks: risks.map(({ name, why }) => ({ name, why, accepted: accepted.includes(name) })),
  }
  return { cost, risks, refused, balance, data, text: lines.join('\n') }
}

/** Throws `OperationError('deployment-refused')`. */
export function checkRisks({ refused }: Pick<Proposal, 'refused'>): void {
  if (refused.length === 0) return
  const names = refused.map(({ name }) => name)
  throw new OperationError(
    'deployment-refused',
    `expected a network that is worth deploying, got one that is not: ${refused.map(({ why }) => why).join('; ')}; choose otherwise, or deploy in spite of that with --accept ${names.join(',')}`,
    { facts: { risks: names } },
  )
}

function formatSeconds(seconds: number): string {
  return seconds < 1 ? 'less than a second' : `about ${formatSpan(Math.round(seconds))}`
}
