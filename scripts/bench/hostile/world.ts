// The network of these benches: payments in a chain, the same in every process, and what its processes say to each other.

import type { NetworkDefinition } from '../../../node/deployment.ts'
import { genesisInfohash, genesisState } from '../../../node/protocol/genesis.ts'
import { genesisBlock } from '../../../node/protocol/header.ts'
import type { Infohash } from '../../../node/protocol/ids.ts'
import { stateRoot } from '../../../node/protocol/state.ts'
import { toGasPrice, toTime } from '../../../node/protocol/units.ts'
import { accountOf, genesisOf, pay, RULES } from '../../assure/models/world.ts'

/** Payments that the victim has stored. */
export const STORED = 3_000

const payer = accountOf('bench')
const genesis = genesisOf(payer)
const easiestTarget = 2n ** 240n

export const definition: NetworkDefinition = {
  rules: RULES,
  genesis,
  genesisBlock: genesisBlock({ ...RULES, easiestTarget, state: stateRoot(genesisState(genesis)) }),
  easiestTarget,
  minDeposit: 100n,
  floorPrice: toGasPrice(7n),
  deployedBlock: 0n,
  deployedAt: toTime(0n),
}
export const GENESIS = genesisInfohash(genesis)

export type Payment = { readonly infohash: Infohash; readonly file: Uint8Array }

/** Each spends the change of the one before. */
export function makePayments(count: number): Payment[] {
  const { address: to } = accountOf('payee')
  const chain: Payment[] = []
  for (let i = 0; i < count; i++) {
    const { infohash, file } = pay(payer, { to, tokens: 1_000n, time: i, prev: [chain.at(-1)?.infohash ?? GENESIS] })
    chain.push({ infohash, file })
  }
  return chain
}

/** What attackers do until they are told to stop. */
const ATTACKS = ['withhold', 'half-open', 'handshake', 'introduce', 'announce known', 'list', 'get'] as const
export type Attack = (typeof ATTACKS)[number]

/** To the process of the attackers. `announce`: spies say that they have it. */
export type Order =
  | { readonly do: 'attack'; readonly attack: Attack; readonly count: number; readonly port: number }
  | { readonly do: 'announce'; readonly infohash: Infohash }
