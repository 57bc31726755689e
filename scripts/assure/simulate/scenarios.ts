// Which attacks are played with which hash rate and money, and how many blocks each gets.

import { HONEST, KINDS, type Kind } from './attacks/kinds.ts'
import type { Scenario } from './measure.ts'
import { GWEIS } from './table.ts'

const SHARES = [0.05, 0.1, 0.33, 0.51, 0.75] as const
/** Whole ether: more than any of them can spend in its time, but for outbidding. */
export const PLENTY = 1_000
const LITTLE = [1, 10] as const
const COINS = [1, 3, 10, 30, 100] as const
/** What all others are compared with is played longer. */
const HONEST_WEIGHT = 4

/** At each base fee: what rivals, and whatever else makes others wait or takes their fees, costs and does. */
const RIVALS = ['daily-forks', 'light-forks', 'spoiling', 'fee-sniping', 'censor'] as const
const RIVAL_SHARE = 0.33
const RIVAL_BLOCKS = 400

type Weighed = Omit<Scenario, 'blocks'> & { readonly weight: number }

/** `blocks` is the sum over all of them. */
export function scenarios(blocks: number): Scenario[] {
  const honest = SHARES.map((share) => ({ kind: HONEST, share, budget: PLENTY, weight: HONEST_WEIGHT }))
  const attacks = KINDS.flatMap((kind): Weighed[] => {
    if (kind.needs === 'coins') return COINS.map((budget) => ({ kind, share: 0, budget, weight: 1 }))
    const rich = SHARES.map((share) => ({ kind, share, budget: PLENTY, weight: 1 }))
    return kind.burns ? [...rich, ...LITTLE.map((budget) => ({ kind, share: 0.33, budget, weight: 1 }))] : rich
  })
  const none = { kind: HONEST, share: 0, budget: PLENTY, weight: HONEST_WEIGHT }
  const all = [none, ...honest, ...attacks]
  const weights = all.reduce((sum, { weight }) => sum + weight, 0)
  return all.map(({ kind, share, budget, weight }) => ({
    kind,
    share,
    budget,
    blocks: Math.max(1, Math.floor((blocks * weight) / weights)),
  }))
}

export function rivalScenarios(): Scenario[] {
  const kinds = [HONEST, ...RIVALS.map(kindOf)]
  const each = { share: RIVAL_SHARE, budget: PLENTY, blocks: RIVAL_BLOCKS }
  return GWEIS.flatMap((gwei) => kinds.map((kind) => ({ ...each, kind, gwei })))
}

function kindOf(name: string): Kind {
  const kind = KINDS.find((each) => each.name === name)
  if (kind === undefined) throw new RangeError(`there is no attack ${name}`)
  return kind
}
