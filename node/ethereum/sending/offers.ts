// What an account offers for a call on the word of its endpoint: never more than its cap, and nothing that it cannot pay.

import { OperationError } from '../../errors.ts'
import { addWei, costOfGas, type GasPrice, type Time, toGasPrice } from '../../protocol/units.ts'
import type { EthereumAccount } from '../account.ts'
import { type BridgeCall, blobGas, mostSurchargeGas } from '../calls.ts'
import type { Head } from '../reader.ts'
import type { Attempt } from './attempt.ts'
import { bumpFees, capAt, type Fees, isTooCheap, suggestBlobFee, suggestFees } from './fees.ts'

const NOTHING = toGasPrice(0n)

/** What an offer asks of Ethereum. */
type Asked = Pick<
  EthereumAccount,
  'account' | 'tip' | 'blobBaseFee' | 'parameters' | 'surchargeOf' | 'valueGoingWith' | 'balance'
>

/** The greatest price of a unit of gas, and of a unit of blob gas. */
export type Caps = { readonly maxFeePerGas: GasPrice; readonly maxFeePerBlobGas: GasPrice }

export class Offers {
  readonly #ethereum: Asked
  readonly #caps: Caps

  constructor(ethereum: Asked, { maxFeePerGas, maxFeePerBlobGas }: Caps) {
    this.#ethereum = ethereum
    this.#caps = { maxFeePerGas, maxFeePerBlobGas }
  }

  /** For a call with blobs, or for any other transaction. Throws `OperationError('fee-cap')` (retry). */
  async first(head: Head, deadline: Time | undefined, call?: Pick<BridgeCall, 'sidecar'>): Promise<Fees> {
    const fees = await this.#apt(head, call?.sidecar !== undefined)
    const above = this.#above(fees, head, deadline)
    if (above === undefined) return fees
    throw new OperationError(
      'fee-cap',
      `expected ${above.what} for at most ${above.cap} wei, got ${above.price}; wait for it to fall, or allow more with ${above.flag}`,
      { facts: { cap: `${above.cap}`, price: `${above.price}` }, retry: true },
    )
  }

  /** What would replace an attempt now. */
  async dearer({ fees }: Attempt, head: Head): Promise<Fees> {
    return bumpFees(fees, await this.#apt(head, fees.maxFeePerBlobGas !== undefined))
  }

  /** The same for a call that is under way. Throws `OperationError('fee-cap')` (retry). */
  async replacement(call: BridgeCall, last: Attempt, head: Head, deadline: Time | undefined): Promise<Fees> {
    const fees = await this.dearer(last, head)
    const above = this.#above(fees, head, deadline)
    if (above === undefined) return fees
    throw new OperationError(
      'fee-cap',
      `expected ${call.name} to get into a block for at most ${above.cap} wei a unit of ${above.what}, but it would need more; it waits, unless ${above.flag} allows more`,
      { facts: { call: call.name, cap: `${above.cap}` }, retry: true },
    )
  }

  /**
   * Whether a replacement would help a blob transaction that waits: it pays twice the tip and more, so not because others were dearer for a while.
   * True of all others.
   */
  async isTooCheap({ fees }: Attempt, { baseFee }: Head): Promise<boolean> {
    return fees.maxFeePerBlobGas === undefined || isTooCheap(fees, baseFee, await this.#ethereum.blobBaseFee())
  }

  async #apt({ baseFee }: Head, hasBlobs: boolean): Promise<Fees> {
    const fees = suggestFees(baseFee, await this.#ethereum.tip())
    if (!hasBlobs) return fees
    const { maxFeePerBlobGas } = this.#caps
    return { ...fees, maxFeePerBlobGas: suggestBlobFee(await this.#ethereum.blobBaseFee(), maxFeePerBlobGas) }
  }

  /** What of an offer is above its cap. */
  #above({ maxFeePerGas, maxFeePerBlobGas = NOTHING }: Fees, { time }: Head, deadline: Time | undefined) {
    const caps = [
      {
        what: 'gas',
        flag: '--max-gas-price',
        price: maxFeePerGas,
        cap: capAt(this.#caps.maxFeePerGas, time, deadline),
      },
      {
        what: 'blob gas',
        flag: '--max-blob-gas-price',
        price: maxFeePerBlobGas,
        cap: capAt(this.#caps.maxFeePerBlobGas, time, deadline),
      },
    ]
    return caps.find(({ price, cap }) => price > cap)
  }

  /** Throws `OperationError('unfunded-account')`, and `fee-cap` where the bridge is said to count gas at more than may be paid for it, or a lane to be so crowded. */
  async checkFunds(call: BridgeCall, fees: Fees): Promise<void> {
    const { account } = this.#ethereum
    const { maxFeePerGas } = this.#caps
    const floor = call.bondGas > 0n ? BigInt(call.floors ?? 1) * (await this.#ethereum.parameters()).floorPrice : 0n
    if (floor > maxFeePerGas) throw aboveCap(call, floor, maxFeePerGas)
    const [surcharge, most] = [await this.#ethereum.surchargeOf(call), costOfGas(mostSurchargeGas(call), maxFeePerGas)]
    if (surcharge > most) throw crowded(call, surcharge, most)
    const needed = addWei([
      costOfGas(call.gas, fees.maxFeePerGas),
      costOfGas(blobGas(call.sidecar?.blobs.length ?? 0), fees.maxFeePerBlobGas ?? NOTHING),
      await this.#ethereum.valueGoingWith(call, fees),
    ])
    const balance = await this.#ethereum.balance()
    if (balance >= needed) return
    throw new OperationError(
      'unfunded-account',
      `expected at least ${needed} wei at ${account} for ${call.name}, got ${balance}; send ${needed - balance} wei or more to it`,
      { facts: { call: call.name, account, balance: `${balance}`, needed: `${needed}` } },
    )
  }
}

/** A bond is paid at the floor price of the deployment (that of a rival at five times that), which is one endpoint's word. */
function aboveCap({ name }: BridgeCall, price: bigint, cap: GasPrice): OperationError {
  return new OperationError(
    'fee-cap',
    `expected a bridge that counts the gas of ${name} at ${cap} wei at most, got ${price} by its floor price; see whether the deployment says so, and allow more then with --max-gas-price`,
    { facts: { cap: `${cap}`, price: `${price}` } },
  )
}

/** Nobody should pay for somebody's flood what they would not pay for gas. */
function crowded({ name, queues }: BridgeCall, surcharge: bigint, most: bigint): OperationError {
  return new OperationError(
    'fee-cap',
    `expected a surcharge of at most ${most} wei for ${name}, got ${surcharge}: the lane of ${queues?.lane} is crowded; it empties by 36 entries an hour: wait some hours, or allow more with --max-gas-price`,
    { facts: { lane: `${queues?.lane}`, cap: `${most}`, surcharge: `${surcharge}` }, retry: true },
  )
}
