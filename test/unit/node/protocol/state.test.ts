// The state tree: canonical, persistent, and equal to a plain rebuild whatever came in between.

import assert from 'node:assert'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { AssertionError } from '../../../../node/protocol/assert.ts'
import { concat, encodeUint, equalBytes, formatHex } from '../../../../node/protocol/bytes.ts'
import { keccak } from '../../../../node/protocol/hash.ts'
import {
  type Entry,
  encodeOpening,
  entries,
  find,
  insert,
  PLACE_BITS,
  remove,
  rootOf,
  type Tree,
} from '../../../../node/protocol/tree.ts'

const SEED = 20_261_122

/** A key whose first bits are those of `bits`; few distinct bits make deep shared paths likely. */
function keyOf(bits: number): Uint8Array {
  const key = new Uint8Array(32)
  key[0] = bits & 0xe0
  key[19] = bits & 0x1f
  return key
}

/** The definition, word by word: docs/protocol.md section 3. */
function plainRoot(leaves: readonly { key: Uint8Array; value: bigint }[], depth = 0): Uint8Array {
  const [only] = leaves
  if (only === undefined) return new Uint8Array(32)
  if (leaves.length === 1) return keccak(concat(Uint8Array.of(0), only.key, encodeUint(only.value, 16)))
  const side = (wanted: number) => leaves.filter(({ key }) => bit(key, depth) === wanted)
  return keccak(concat(Uint8Array.of(1), plainRoot(side(0), depth + 1), plainRoot(side(1), depth + 1)))
}

function bit(key: Uint8Array, depth: number): number {
  return ((key[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1
}

/** Folds what an opening says up to the root, as the contract does. */
function rootOfOpening(opening: Uint8Array, key: Uint8Array): Uint8Array {
  const depth = opening[0] ?? 0
  assert(depth <= PLACE_BITS)
  const rest = opening.subarray(1 + 32 * depth)
  let node = rest[0] === 0 ? new Uint8Array(32) : keccak(concat(Uint8Array.of(0), rest.subarray(1, 49)))
  for (let d = depth - 1; d >= 0; d--) {
    const sibling = opening.subarray(1 + 32 * d, 33 + 32 * d)
    node = keccak(bit(key, d) === 0 ? concat(Uint8Array.of(1), node, sibling) : concat(Uint8Array.of(1), sibling, node))
  }
  return node
}

describe('state tree', () => {
  test('has the root of a plain rebuild after any inserts, replacements and removals, and old roots stay', () => {
    const change = fc.record({ bits: fc.nat(255), value: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }) })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        let tree: Tree<number>
        const model = new Map<number, bigint>()
        for (const { bits, value } of changes) {
          const before = tree
          const rootBefore = formatHex(rootOf(before))
          const key = keyOf(bits)
          if (value === 0n && model.delete(bits)) tree = remove(tree, key)
          if (value > 0n) {
            model.set(bits, value)
            tree = insert(tree, { key, value, name: bits })
          }
          const leaves = [...model].map(([name, amount]) => ({ key: keyOf(name), value: amount }))
          assert.strictEqual(formatHex(rootOf(tree)), formatHex(plainRoot(leaves)))
          assert.strictEqual(formatHex(rootOf(before)), rootBefore)
          assert.strictEqual(find(tree, key)?.value, model.get(bits))
        }
        assert.deepStrictEqual(
          new Map([...entries(tree)].map(({ name, value }): [number, bigint] => [name, value])),
          model,
        )
      }),
      { seed: SEED, numRuns: 300 },
    )
  })

  test('opens present and absent keys against its root', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(255), { maxLength: 40 }), fc.nat(255), (names, wanted) => {
        let tree: Tree<number>
        for (const name of names) tree = insert(tree, { key: keyOf(name), value: BigInt(name + 1), name })
        const opening = encodeOpening(tree, keyOf(wanted))
        assert(equalBytes(rootOfOpening(opening, keyOf(wanted)), rootOf(tree)))
        const node = opening.subarray(1 + 32 * (opening[0] ?? 0))
        const isPresent = node[0] === 1 && equalBytes(node.subarray(1, 33), keyOf(wanted))
        assert.strictEqual(isPresent, names.includes(wanted))
      }),
      { seed: SEED, numRuns: 300 },
    )
  })

  test('holds keys whose places differ in their last bit only, at full depth', () => {
    const [a, b] = [new Uint8Array(32), new Uint8Array(32)]
    b[19] = 1
    const leaves: Entry<string>[] = [
      { key: a, value: 1n, name: 'a' },
      { key: b, value: 2n, name: 'b' },
    ]
    const tree = leaves.reduce<Tree<string>>((grown, leaf) => insert(grown, leaf), undefined)
    assert.strictEqual(formatHex(rootOf(tree)), formatHex(plainRoot(leaves)))
    assert.strictEqual(encodeOpening(tree, a)[0], PLACE_BITS)
    assert.strictEqual(formatHex(rootOf(remove(tree, a))), formatHex(plainRoot(leaves.slice(1))))
  })

  test('asserts that what is removed is there', () => {
    assert.throws(() => remove(undefined, keyOf(1)), AssertionError)
    assert.throws(() => remove(insert(undefined, { key: keyOf(1), value: 1n, name: 1 }), keyOf(2)), AssertionError)
  })
})
