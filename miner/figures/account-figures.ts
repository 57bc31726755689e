// The figures of an account that sends: what it has, and for how long it can go on.

import { gasFigures } from '../../deployments/gas.ts'
import { bondOf } from '../../node/ethereum/calls.ts'
import { type Figure, whole } from '../../node/metrics/figures.ts'
import { BLOCK_SECONDS } from '../../node/protocol/target.ts'
import { addWei, costOfGas, type Wei } from '../../node/protocol/units.ts'
import type { AccountSeen, AccountWatch } from './account-watch.ts'

/** What one act in defence costs its account now. */
export type DefenceCost = (seen: AccountSeen) => Wei

const PUBLISH_GAS = BigInt(gasFigures['publish, 0 steps of 1 inputs'])
const REFUTE_GAS = BigInt(Math.max(gasFigures['refute, worst swap'], gasFigures['refuteBlobs, worst swap']))

/** A miner defends by an empty block: its gas, and its bond, which is put down for two days. */
export const EMPTY_BLOCK: DefenceCost = ({ baseFee, floorPrice }) =>
  addWei([bondOf({ baseFee, floorPrice }), costOfGas(PUBLISH_GAS, baseFee)])

/** A watcher defends by a refutation: the gas of the largest step that there can be. */
export const REFUTATION: DefenceCost = ({ baseFee }) => costOfGas(REFUTE_GAS, baseFee)

/** `cost`: absent for an account that defends nothing. */
export function accountFigures(cost?: DefenceCost): readonly Figure<AccountWatch>[] {
  return [
    {
      name: 'ttx_account_balance_ether',
      help: 'What the account has that pays for transactions, ether; absent if Ethereum was not heard at the last look',
      of: ({ seen }) => seen && whole(seen.balance),
    },
    {
      name: 'ttx_bridge_balance_ether',
      help: 'What is in the bridge, ether: bonds of all miners, and what it owes',
      of: ({ seen }) => seen && whole(seen.bridgeBalance),
    },
    {
      name: 'ttx_ethereum_base_fee_wei',
      help: 'Base fee of the newest block of Ethereum, wei for a unit of gas',
      of: ({ seen }) => seen && Number(seen.baseFee),
    },
    {
      name: 'ttx_token_supply_ttx',
      help: 'How much wTTX there is, as the token says, TTX',
      of: ({ seen }) => seen && whole(seen.tokenSupply),
    },
    ...(cost === undefined ? [] : [defence(cost)]),
  ]
}

function defence(cost: DefenceCost): Figure<AccountWatch> {
  return {
    name: 'ttx_account_defence_seconds',
    help: 'How long the account can pay for a defence at the prices of now, one act for each block that is due: for a miner an empty block with its bond, for a watcher a refutation of the largest step, seconds',
    of: ({ seen }) => {
      if (seen === undefined) return undefined
      const one = cost(seen)
      return one === 0n ? undefined : (Number(seen.balance) / Number(one)) * Number(BLOCK_SECONDS)
    },
  }
}
