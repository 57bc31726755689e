// Which coin a payment that no block has ordered is charged to: see `relayPrice`.

import { type RelayLimits, relayPrice } from '../intake/relay-price.ts'
import type { Input } from '../purse.ts'
import type { Reader } from '../store/database.ts'
import { CHARGES, isSettled, outputKey } from '../store/tables.ts'
import { coinValue, creatorStanding, entryOf, headOf } from './books.ts'

export type Priced = {
  /** Key of the coin, as `outputKey`. */
  readonly coin: string
  /** Base units of TTX in it. */
  readonly value: bigint
  /** Zero bits that one more payment on it needs. */
  readonly bits: number
}

/** Of the coins that inputs come from, the one on which a payment is cheapest; undefined without inputs. */
export function cheapestCoin(reader: Reader, inputs: readonly Input[], limits: RelayLimits): Priced | undefined {
  const stored = headOf(reader).unorderedCount
  let cheapest: Priced | undefined
  for (const input of inputs) {
    const { coin, value } = coinOf(reader, input)
    const bits = relayPrice({ value, payments: reader.get(CHARGES, coin)?.payments ?? 0 }, stored, limits)
    if (cheapest === undefined || bits < cheapest.bits) cheapest = { coin, value, bits }
    if (bits === 0) break
  }
  return cheapest
}

/** An output of what is ordered is a coin; what is not ordered hangs on one. */
function coinOf(reader: Reader, [creator, purse]: Input): Pick<Priced, 'coin' | 'value'> {
  const coin = outputKey(creator, purse)
  if (!isSettled(creatorStanding(reader, creator))) {
    const { charge = '' } = entryOf(reader, creator) ?? {}
    if (charge !== '') return { coin: charge, value: reader.get(CHARGES, charge)?.value ?? 0n }
  }
  return { coin, value: coinValue(reader, [creator, purse]) }
}
