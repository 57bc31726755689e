// By how much the payments of honest wallets enlarge the state: they choose their outputs as the product's ledger does.

import { selectInputs, type Unspent } from '../../../../node/ledger/coins.ts'
import { purseOf } from '../../../../node/ledger/purse.ts'
import { unspentKey } from '../../../../node/ledger/standing/books.ts'
import { type Address, type Infohash, parseAddress } from '../../../../node/protocol/ids.ts'
import { MAX_INPUTS } from '../../../../node/protocol/rules.ts'
import { ttx } from '../world/assumptions.ts'
import { Chance } from '../world/chance.ts'

/** Each begins with one output, of 1,000 TTX in the middle; each payment is of 50 in the middle, from anyone to anyone. */
const USERS = 300
const [HELD, PAID] = [
  { median: 1_000, spread: 1 },
  { median: 50, spread: 1 },
] as const

/** Entries that the state has more by a payment, on average, in each of as many parts of all payments. */
export async function walletGrowth(payments: number, parts: number, seed: number): Promise<number[]> {
  const chance = new Chance(seed, 'wallets')
  const amount = ({ median, spread }: typeof HELD | typeof PAID) => ttx(chance.logNormal(median, spread))
  const anyone = () => addressOf(Math.floor(chance.uniform() * USERS))
  const unspent = new Outputs()
  for (let i = 0; i < USERS; i++) unspent.add(addressOf(i), amount(HELD), nameOf(i))
  const growth: number[] = []
  for (let part = 0; part < parts; part++) {
    let sum = 0
    for (let i = 0; i < payments / parts; ) {
      const [from, tokens] = [anyone(), amount(PAID)]
      const total = unspent.total(from)
      if (total < tokens) continue
      const inputs = await selectInputs(unspent, {
        ...{ purse: purseOf(from), amount: tokens, maxInputs: MAX_INPUTS, total },
      }).catch(() => [])
      // Too many small ones: this user pays later.
      if (inputs.length === 0) continue
      i += 1
      const change = inputs.reduce((rest, { value }) => rest + value, -tokens)
      for (const { infohash, value } of inputs) unspent.remove(from, value, infohash)
      const name = nameOf(USERS + part * payments + i)
      unspent.add(anyone(), tokens, name)
      if (change > 0n) unspent.add(from, change, name)
      sum += (change > 0n ? 2 : 1) - inputs.length
    }
    growth.push(sum / (payments / parts))
  }
  return growth
}

/** The table of unspent outputs, as far as choosing asks it. */
class Outputs implements Unspent {
  /** Sorted keys of each owner. */
  readonly #keys = new Map<string, string[]>()

  add(owner: Address, value: bigint, infohash: Infohash): void {
    const keys = this.#of(owner)
    const key = unspentKey(purseOf(owner), 'f', value, infohash)
    keys.splice(placeOf(keys, key), 0, key)
  }

  remove(owner: Address, value: bigint, infohash: Infohash): void {
    const keys = this.#of(owner)
    keys.splice(placeOf(keys, unspentKey(purseOf(owner), 'f', value, infohash)), 1)
  }

  total(owner: Address): bigint {
    const valueAt = owner.length + 1
    return this.#of(owner).reduce((sum, key) => sum + BigInt(`0x${key.slice(valueAt, valueAt + 32)}`), 0n)
  }

  async range<T>(
    _table: unknown,
    { gte = '', lt, reverse = false, limit }: { gte?: string; lt: string; reverse?: boolean; limit?: number },
  ): Promise<[string, T][]> {
    const keys = this.#of(gte.slice(0, addressOf(0).length))
    const found = keys.slice(placeOf(keys, gte), placeOf(keys, lt))
    return (reverse ? found.reverse() : found).slice(0, limit).map((key) => [key, '' as T])
  }

  #of(owner: string): string[] {
    const keys = this.#keys.get(owner) ?? []
    this.#keys.set(owner, keys)
    return keys
  }
}

/** Of the first key that is not before this one. */
function placeOf(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

function addressOf(i: number): Address {
  return parseAddress(`0x${i.toString(16).padStart(40, '0')}`)
}

function nameOf(i: number): Infohash {
  return i.toString(16).padStart(40, '0') as Infohash
}
