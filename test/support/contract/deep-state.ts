// States with the longest paths that there could be, for the worst that a step can cost.

import type { Asset } from '../../../node/protocol/asset.ts'
import { encodeUint } from '../../../node/protocol/bytes.ts'
import { flowsOf } from '../../../node/protocol/flows.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { type Address, type Infohash, toAddress, toInfohash } from '../../../node/protocol/ids.ts'
import type { Rules } from '../../../node/protocol/rules.ts'
import { type EntryName, entryKey, ofAsset, type State, stateOf } from '../../../node/protocol/state.ts'
import { insert } from '../../../node/protocol/tree.ts'
import { accountOf, signOffer, takeOffer } from '../../../scripts/assure/models/world.ts'

export const sender = accountOf('sender')
export const payee: Address = toAddress(keccak(encodeUint(1, 1)).subarray(12))

/** The entries that a payment of the sender to the payee touches, of TTX or of another asset. */
export function touched(prev: readonly Infohash[], infohash: Infohash, asset?: Asset): EntryName[] {
  const inputs = prev.map((input) => ({ infohash: input, owner: sender.address }))
  const owners: Address[] = [payee, sender.address]
  const names = [...inputs, ...owners.flatMap((owner) => [{ infohash, owner }, { owner }])]
  return names.map((name) => ofAsset(name, asset))
}

/** Another asset than TTX, and one more. */
export const contract: Address = toAddress(keccak(encodeUint(2, 1)).subarray(12))
const otherContract: Address = toAddress(keccak(encodeUint(3, 1)).subarray(12))
const maker = accountOf('maker')
/** What each output holds. */
const HELD = 10n ** 20n

/** A swap of all that can be in one, and a state with the longest paths to all that it touches; of a valid one, unless `depth` leaves room for less. */
export function deepSwap(rules: Rules, depth: number): { readonly packed: Uint8Array; readonly state: State } {
  const [given, wanted] = [hashes(8).slice(0, 4), hashes(8).slice(4)]
  const time = 2 ** 40 - 1
  const [give, want] = [contract, otherContract].map((asset) => ({ tokens: 3n * HELD + 1n, asset }))
  if (give === undefined || want === undefined) throw new RangeError('a swap has two halves')
  const offer = signOffer(maker, { give, want, taker: sender.address, time, prev: given })
  const verified = takeOffer(sender, { offer, time, prev: wanted, memo: '~'.repeat(140) }, rules)
  const names = flowsOf(verified).flatMap(({ from, prev, asset, paid }) => [
    ...prev.map((infohash) => ofAsset({ infohash, owner: from }, asset)),
    ...[from, paid?.to ?? from]
      .flatMap((owner) => [{ infohash: verified.infohash, owner }, { owner }])
      .map((name) => ofAsset(name, asset)),
  ])
  const outputs = [
    ...given.map((infohash) => ({ infohash, owner: maker.address, value: HELD, asset: give.asset })),
    ...wanted.map((infohash) => ({ infohash, owner: sender.address, value: HELD, asset: want.asset })),
  ]
  return { packed: verified.packed, state: deepen(crowd(stateOf(outputs), names, depth), names, depth) }
}

/** Infohashes in the order that `prev` asks for. */
export function hashes(count: number): Infohash[] {
  return Array.from({ length: count }, (_, i) => toInfohash(keccak(encodeUint(i, 4)).subarray(0, 20))).sort()
}

/** Outputs of the sender, named by `hashes`. */
export function fund(count: number, value = 10n, asset?: Asset): State {
  return stateOf(hashes(count).map((infohash) => ofAsset({ infohash, owner: sender.address, value }, asset)))
}

/** Adds entries beside the path of each name, so that its slot is `depth` levels below the root and its sibling an inner node. */
export function deepen(state: State, names: readonly EntryName[], depth: number): State {
  return beside(state, names, [[depth - 1], [depth - 1, 159]])
}

/** Adds an entry beside each of the first `depth` levels of the path of each name, so that no sibling is empty. */
export function crowd(state: State, names: readonly EntryName[], depth: number): State {
  return beside(
    state,
    names,
    Array.from({ length: depth - 1 }, (_, bit) => [bit]),
  )
}

/** Adds entries whose keys differ from that of each name in these bits. */
function beside(state: State, names: readonly EntryName[], differences: readonly (readonly number[])[]): State {
  let next = state
  for (const name of names) {
    const key = entryKey(name)
    for (const bits of differences) {
      const other = key.slice()
      for (const bit of bits) other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
      next = insert(next, { key: other, value: 1n, name: { owner: payee } })
    }
  }
  return next
}
