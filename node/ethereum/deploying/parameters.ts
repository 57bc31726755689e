// What a network is made of besides its genesis, once: the parameters of the bridge's constructor, what each means, and what it may be.

import { UNIT } from '../../protocol/rules.ts'
import { EASIEST_BOUND, HARDEST_TARGET } from '../../protocol/target.ts'
import { GWEI } from '../../protocol/units.ts'

type Parameter = {
  /** How people write it. `target`: a whole number, with 0x or as a power of two; `tokens`: TTX with a decimal point; `price`: gwei with a decimal point. */
  readonly kind: 'target' | 'tokens' | 'price'
  readonly preset: bigint
  /** The bounds of the constructor, both included. */
  readonly least: bigint
  readonly most: bigint
  /** What it is, as one sentence without a full stop. */
  readonly means: string
  /** What it does to the network if it is low or high; sentences. */
  readonly choice: string
}

const MOST_TOKENS = 2n ** 128n - 1n

/** By the name of the constructor's argument, which is also that of the immutable in the contract and of the deployment file's member. */
export const PARAMETERS = {
  easiestTarget: {
    kind: 'target',
    preset: 2n ** 216n - 1n,
    least: HARDEST_TARGET,
    most: EASIEST_BOUND - 1n,
    means: 'the target of the first block, and the easiest that any block will ever have',
    choice:
      'A block takes 2^256 / (target + 1) hashes. Too high, and blocks cost nothing but their bond whenever hash rate is away; too low, and nobody finds the first one. The default of 2^216 - 1 is 2^40 hashes.',
  },
  minRequest: {
    kind: 'tokens',
    preset: UNIT,
    least: 1n,
    most: MOST_TOKENS,
    means: 'the least that can be moved from TTX to Ethereum at once',
    choice: 'Less than what the 80,000 gas of a claim are worth only fills blocks; more keeps small holders out.',
  },
  minDeposit: {
    kind: 'tokens',
    preset: UNIT,
    least: 1n,
    most: MOST_TOKENS,
    means: 'the least that can be moved from Ethereum to TTX at once',
    choice: 'Each deposit takes room in the queue, which every block has to serve; more keeps small holders out.',
  },
  floorPrice: {
    kind: 'price',
    preset: GWEI,
    least: 0n,
    most: 500_000n * GWEI,
    means: 'what the bridge counts a unit of gas at, at least, for bonds and for entries of the queue',
    choice:
      'It is what delaying others costs where gas is nearly free: a bond is 20,000,000 gas at this price or at the base fee, whichever is higher. A miner needs that much for each block for two days; a block beside a live one 100,000,000 gas at the base fee or at five times this price.',
  },
} as const satisfies Readonly<Record<string, Parameter>>

export type ParameterName = keyof typeof PARAMETERS
export type Parameters = Readonly<Record<ParameterName, bigint>>

export const PARAMETER_NAMES = Object.keys(PARAMETERS) as readonly ParameterName[]

export const DEFAULT_PARAMETERS: Parameters = parametersOf((name) => PARAMETERS[name].preset)

/** All of them, each by its name. */
export function parametersOf(choose: (name: ParameterName) => bigint): Parameters {
  return Object.fromEntries(PARAMETER_NAMES.map((name) => [name, choose(name)])) as Parameters // each name is there
}
