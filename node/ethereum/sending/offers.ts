// What an account offers for a call on the word of its endpoint: never more than its cap, and nothing that it cannot pay.

import { OperationError } from '../../errors.ts'
import { addWei, costOfGas, type GasPrice, type Time } from '../../protocol/units.ts'
import type { EthereumAccount } from '../account.ts'
import type { BridgeCall } from '../calls.ts'
import type { Head } from '../reader.ts'
import type { Attempt } from './attempt.ts'
import { bumpFees, capAt, type Fees, suggestFees } from './fees.ts'

/** What an offer asks of Ethereum. */
type Asked = Pick<EthereumAccount, 'account' | 'tip' | 'parameters' | 'surchargeOf' | 'valueGoingWith' | 'balance'>

export class Offers {
  readonly #ethereum: Asked
  readonly #maxFeePerGas: GasPrice

  constructor(ethereum: Asked, maxFeePerGas: GasPrice) {
    this.#ethereum = ethereum
    this.#maxFeePerGas = maxFeePerGas
  }

  /** Throws `OperationError('fee-cap')` (retry). */
  async first(head: Head, deadline: Time | undefined): Promise<Fees> {
    const fees = suggestFees(head.baseFee, await this.#ethereum.tip())
    const cap = capAt(this.#maxFeePerGas, head.time, deadline)
    if (fees.maxFeePerGas <= cap) return fees
    throw new OperationError(
      'fee-cap',
      `expected gas for at most ${cap} wei, got ${fees.maxFeePerGas}; wait for it to fall, or allow more`,
      { facts: { cap: `${cap}`, price: `${fees.maxFeePerGas}` }, retry: true },
    )
  }

  /** What would replace an attempt now. */
  async dearer({ fees }: Attempt, { baseFee }: Head): Promise<Fees> {
    return bumpFees(fees, suggestFees(baseFee, await this.#ethereum.tip()))
  }

  /** The same for a call that is under way. Throws `OperationError('fee-cap')` (retry). */
  async replacement(call: BridgeCall, last: Attempt, head: Head, deadline: Time | undefined): Promise<Fees> {
    const fees = await this.dearer(last, head)
    const cap = capAt(this.#maxFeePerGas, head.time, deadline)
    if (fees.maxFeePerGas <= cap) return fees
    throw new OperationError(
      'fee-cap',
      `expected ${call.name} to get into a block for at most ${cap} wei a unit of gas, but it would need more; it waits`,
      { facts: { call: call.name, cap: `${cap}` }, retry: true },
    )
  }

  /** Throws `OperationError('unfunded-account')`, and `fee-cap` where the bridge is said to count gas at more than may be paid for it, or a lane to be so crowded. */
  async checkFunds(call: BridgeCall, fees: Fees): Promise<void> {
    const { account } = this.#ethereum
    const floor = call.bondGas > 0n ? (await this.#ethereum.parameters()).floorPrice : 0n
    if (floor > this.#maxFeePerGas) throw aboveCap(call, floor, this.#maxFeePerGas)
    const [surcharge, most] = [await this.#ethereum.surchargeOf(call), costOfGas(call.gas, this.#maxFeePerGas)]
    if (surcharge > most) throw crowded(call, surcharge, most)
    const needed = addWei([costOfGas(call.gas, fees.maxFeePerGas), await this.#ethereum.valueGoingWith(call, fees)])
    const balance = await this.#ethereum.balance()
    if (balance >= needed) return
    throw new OperationError(
      'unfunded-account',
      `expected at least ${needed} wei at ${account} for ${call.name}, got ${balance}; send ${needed - balance} wei or more to it`,
      { facts: { call: call.name, account, balance: `${balance}`, needed: `${needed}` } },
    )
  }
}

/** A bond is paid at the floor price of the deployment, which is one endpoint's word. */
function aboveCap({ name }: BridgeCall, price: bigint, cap: GasPrice): OperationError {
  return new OperationError(
    'fee-cap',
    `expected a bridge that counts the gas of ${name} at ${cap} wei at most, got ${price} as its floor price; see whether the deployment says so, and allow more then`,
    { facts: { cap: `${cap}`, price: `${price}` } },
  )
}

/** Nobody should pay for somebody's flood what they would not pay for gas. */
function crowded({ name, queues }: BridgeCall, surcharge: bigint, most: bigint): OperationError {
  return new OperationError(
    'fee-cap',
    `expected a surcharge of at most ${most} wei for ${name}, got ${surcharge}: the lane of ${queues?.lane} is crowded; it empties by 36 entries an hour, wait some hours`,
    { facts: { lane: `${queues?.lane}`, cap: `${most}`, surcharge: `${surcharge}` }, retry: true },
  )
}
