// What speaks against a deployment: each is refused until the deployer accepts it by name, since a bridge cannot be changed.

import { formatAmount } from '../../../../node/client/amount.ts'
import { BOND_GAS, TRANSACTION_GAS } from '../../../../node/ethereum/calls.ts'
import type { Parameters } from '../../../../node/ethereum/deploying/parameters.ts'
import { hasRoom, type Surroundings } from '../../../../node/ethereum/deploying/surroundings.ts'
import { UNIT } from '../../../../node/protocol/rules.ts'
import { workOf } from '../../../../node/protocol/target.ts'
import { GWEI } from '../../../../node/protocol/units.ts'
import { formatSpan } from '../../time.ts'
import { formatGwei } from './parameter-flags.ts'

/** By name, in the order in which they are shown. */
export const RISKS = {
  rollup: 'the chain is a rollup',
  'old-chain': 'the chain is behind Ethereum',
  'small-blocks': 'the largest bridging block does not fit into a block of the chain',
  'hard-target': 'a block takes longer than a month at the stated hash rate',
  'easy-target': 'a block takes less than ten seconds at the stated hash rate',
  'low-floor': 'a floor price below 0.1 gwei',
  'high-floor': 'a floor price above 100 gwei',
  'high-minimum': 'a minimum above 1,000,000 TTX',
  'shared-genesis': 'another network of the folder has the same genesis',
} as const satisfies Record<string, string>

export type RiskName = keyof typeof RISKS
export type Risk = { readonly name: RiskName; readonly why: string }

export type Circumstances = {
  readonly surroundings: Surroundings
  readonly parameters: Parameters
  /** Hashes a second of all who will mine. */
  readonly hashRate: number
  /** Files of networks with the same genesis. */
  readonly sharedWith: readonly string[]
}

const MONTH = 30 * 86_400
const MOMENT = 10
const LOW_FLOOR = GWEI / 10n
const HIGH_FLOOR = 100n * GWEI
const HIGH_MINIMUM = 1_000_000n * UNIT

export function isRisk(name: string): name is RiskName {
  return name in RISKS
}

/** Expected seconds of a block at the easiest target. */
export function blockSeconds({ parameters, hashRate }: Pick<Circumstances, 'parameters' | 'hashRate'>): number {
  return Number(workOf(parameters.easiestTarget)) / hashRate
}

export function findRisks(circumstances: Circumstances): readonly Risk[] {
  const { surroundings, parameters, sharedWith } = circumstances
  const { floorPrice, minRequest, minDeposit } = parameters
  const seconds = blockSeconds(circumstances)
  const found: Partial<Record<RiskName, string | false | undefined>> = {
    rollup:
      surroundings.rollup &&
      `${surroundings.rollup}: one operator decides there what gets into a block, and everything here hangs on an objection that is in one within a day; gas has other prices there, and the bonds that pay for objections are counted in it`,
    'old-chain':
      !surroundings.isCurrent &&
      'it does not run an instruction of Osaka, for which the contracts are compiled: they may fail at any call, with money in them',
    'small-blocks':
      !hasRoom(surroundings) &&
      `a block there has ${surroundings.gasLimit} gas, and a publication may use ${TRANSACTION_GAS}: large bridging blocks cannot be published`,
    'hard-target':
      seconds > MONTH &&
      `a block takes ${formatYears(seconds)} at ${circumstances.hashRate} hashes a second, and the target never gets easier than that; state more with --hash-rate, or choose an easier target`,
    'easy-target':
      seconds < MOMENT &&
      `a block takes ${seconds.toPrecision(2)} s at ${circumstances.hashRate} hashes a second, and that is the price whenever hash rate is away: work would keep nobody from making branches`,
    'low-floor':
      floorPrice < LOW_FLOOR &&
      `a bond may cost ${formatGwei(floorPrice)} gwei a unit of gas where gas is cheap, and delaying everybody for a day as little`,
    'high-floor':
      floorPrice > HIGH_FLOOR && `a miner has to bind ${(BOND_GAS * floorPrice) / 10n ** 18n} ETH for each block`,
    'high-minimum':
      (minRequest > HIGH_MINIMUM || minDeposit > HIGH_MINIMUM) &&
      `nobody can cross the bridge with less than ${formatAmount(minRequest)} TTX, or back with less than ${formatAmount(minDeposit)}`,
    'shared-genesis':
      sharedWith.length > 0 &&
      `${sharedWith.join(', ')} has this genesis: a plain payment that is signed for one network is valid in the other`,
  }
  return Object.entries(found).flatMap(([name, why]) => (isRisk(name) && why ? [{ name, why }] : []))
}

function formatYears(seconds: number): string {
  const years = seconds / (365.25 * 86_400)
  if (years < 2) return formatSpan(Math.floor(seconds))
  return `${years < 1e6 ? Math.round(years) : years.toExponential(1)} years`
}
