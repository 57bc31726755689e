// Which coin a payment that no block has ordered is charged to: see `relayPrice`.

import { type RelayLimits, relayPrice } from '../intake/relay-price.ts'
import { type Input, ownerOf } from '../purse.ts'
import type { Reader } from '../store/database.ts'
import { CHARGES, coinOf, isOwnersTally, isSettled, tallyKey } from '../store/tables.ts'
import { coinValue, creatorStanding, entryOf } from './books.ts'
import { headOf } from './head.ts'

export type Priced = {
  /** On which it is counted: `tallyKey`. */
  readonly tally: string
  /** Zero bits that it needs. */
  readonly bits: number
}

/** Of the coins that inputs come from, the one on which a payment is cheapest; undefined without inputs. `counted`: the tally on which it counts already. */
export function cheapestCoin(
  reader: Reader,
  inputs: readonly Input[],
  limits: RelayLimits,
  counted = '',
): Priced | undefined {
  const stored = headOf(reader).charged - (counted === '' ? 0 : 1)
  let cheapest: Priced | undefined
  for (const input of inputs) {
    const coin = rootOf(reader, input)
    const tally = tallyKey(coin, ownerOf(coin[1]) === ownerOf(input[1]))
    const payments = (reader.get(CHARGES, tally) ?? 0) - (tally === counted ? 1 : 0)
    const charge = { value: coinValue(reader, coin), payments, isFirst: isFirst(reader, input) }
    const bits = relayPrice(charge, stored, limits)
    if (cheapest === undefined || bits < cheapest.bits) cheapest = { tally, bits }
    if (bits === 0) break
  }
  return cheapest
}

/** An output of what is ordered is a coin, and one of a deposit that is not ordered yet; what else is not ordered hangs on one. */
function rootOf(reader: Reader, input: Input): Input {
  const { charge = '', standing = creatorStanding(reader, input[0]) } = entryOf(reader, input[0]) ?? {}
  return isSettled(standing) || charge === '' ? input : coinOf(charge)
}

/** It is the first to spend what the owner of a coin alone paid somebody. */
function isFirst(reader: Reader, [creator, purse]: Input): boolean {
  const { charge = '', standing, inputs = [] } = entryOf(reader, creator) ?? {}
  if (isSettled(standing) || !isOwnersTally(charge)) return false
  const owner = ownerOf(coinOf(charge)[1])
  return ownerOf(purse) !== owner && inputs.every(([, spent]) => ownerOf(spent) === owner)
}
