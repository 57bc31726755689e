// Openings of the state tree by brute force: whatever path and node somebody claims, a root has one answer for a key.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Hex, toFunctionSelector } from 'viem'
import { concat, encodeUint, formatHex } from '../../../node/protocol/bytes.ts'
import {
  type Entry,
  entries,
  insert,
  leafOf as nodeOf,
  remove,
  rootOf,
  type Tree,
} from '../../../node/protocol/tree.ts'
import { randomOf } from '../../../scripts/assure/models/world.ts'
import { TestChain } from '../../support/contract/chain.ts'
import { deployHarness, type Harness } from '../harness/deploy.ts'

type Node = Tree<number>
type Touched = { readonly thrown: Hex; readonly found: bigint; readonly root: Hex }

const seed = Number(process.env['FUZZ_SEED'] ?? 1)
const trees = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 600) / 60)
const BAD_WITNESS = toFunctionSelector('BadWitness(uint256)')
/** Keys differ in so many bits only, so that they meet; the rest of all of them is the same. */
const OWN_BITS = 5
/** Claims in a call: what fits into its gas with the longest paths. */
const BATCH = 100

describe(`Tree (${trees} trees, seed ${seed})`, () => {
  let chain: TestChain
  let harness: Harness

  before(async () => {
    chain = await TestChain.start()
    harness = await deployHarness(chain, 'ApplyHarness')
  })
  after(() => chain[Symbol.asyncDispose]())

  async function touchWithEach(tree: Node, key: Uint8Array, value: bigint, witnesses: readonly Uint8Array[]) {
    const args = [hex(rootOf(tree)), hex(key), value, witnesses.map(hex)]
    return (await harness.call('touchWithEach', ...args)) as Touched[]
  }

  it('has one answer and one new root for a key, at whatever depth somebody opens it', async () => {
    const random = randomOf(seed)
    const pick = (below: number) => Math.floor(random() * below)
    for (let i = 0; i < trees; i++) {
      // At the top of the tree, across a byte, or at its very bottom.
      const place = [0, 6, 160 - OWN_BITS][i % 3] ?? 0
      let tree: Node
      for (let count = pick(12); count > 0; count--) tree = insert(tree, leafOf(pick(2 ** OWN_BITS), place, pick(9)))
      for (let j = 0; j < 3; j++) {
        const present = [...entries(tree)]
        const other = present[pick(present.length)]
        const wanted = other && random() < 0.6 ? other : leafOf(pick(2 ** OWN_BITS), place, 0)
        const found = present.find(({ key }) => Buffer.compare(key, wanted.key) === 0)?.value ?? 0n
        const value = found > 0n && random() < 0.6 ? 0n : found + 1n
        const next =
          value === 0n ? remove(tree, wanted.key) : insert(tree, { key: wanted.key, value, name: wanted.name })
        const truth = { thrown: '0x00000000', found, root: hex(rootOf(next)) }
        const claims = claimsOf(tree, wanted.key, value === 0n)
        const opened: Touched[] = []
        for (let first = 0; first < claims.length; first += BATCH) {
          const outcomes = await touchWithEach(tree, wanted.key, value, claims.slice(first, first + BATCH))
          opened.push(...outcomes.filter(({ thrown }) => thrown !== BAD_WITNESS))
        }
        assert.deepEqual(opened, [truth], 'the true claim, and only it, opens')
        tree = next
      }
    }
  })

  it('takes no leaf for the absence of a key to which its place does not lead, though the root is that of the path', async () => {
    // Both keys begin with a one; somebody put them left and right.
    const [left, right] = [leafOf(16, 0, 1), leafOf(24, 0, 2)]
    const wrong = { left: nodeOf(left), right: nodeOf(right) }
    const { key } = leafOf(0, 0, 0)
    const claim = concat(Uint8Array.of(1), rootOf(nodeOf(right)), encodeLeaf(left))
    const [outcome] = await touchWithEach(wrong, key, 1n, [claim])
    assert.equal(outcome?.thrown, BAD_WITNESS)
    // In a right tree the same claim opens.
    const tree = insert(insert(undefined, leafOf(1, 0, 1)), right)
    const [present] = await touchWithEach(tree, key, 1n, [
      concat(Uint8Array.of(1), rootOf(nodeOf(right)), encodeLeaf(leafOf(1, 0, 1))),
    ])
    assert.deepEqual([present?.thrown, present?.found], ['0x00000000', 0n])
  })

  it('refuses depths and lengths that no path has, at a bounded price', async () => {
    const tree = insert(insert(undefined, leafOf(0, 0, 1)), leafOf(31, 0, 2))
    const { key } = leafOf(0, 0, 0)
    const long = [161, 200, 255].flatMap((depth) =>
      [0, 1, 32 * depth + 1, 32 * depth + 37].map((length) => concat(Uint8Array.of(depth), new Uint8Array(length))),
    )
    for (const { thrown } of await touchWithEach(tree, key, 1n, [
      ...long,
      new Uint8Array(100_000),
      new Uint8Array(1),
    ])) {
      assert.equal(thrown, BAD_WITNESS)
    }
  })
})

/** Each way to claim something of `key`: any depth, any node of the tree or none, and after a deletion any sibling. */
function claimsOf(tree: Node, key: Uint8Array, deleted: boolean): Uint8Array[] {
  const leaves = [...entries(tree)]
  // A kind that does not exist is not another way to say that there is nothing.
  const nodes = [
    Uint8Array.of(0),
    Uint8Array.of(2),
    ...leaves.map((leaf) => encodeLeaf(leaf)),
    encodeLeaf({ key, value: 77n }),
  ]
  const siblingsOf: Uint8Array[] = [new Uint8Array()]
  if (deleted) siblingsOf.push(...leaves.map((leaf) => encodeLeaf(leaf)), ...inners(tree))
  const path = pathOf(tree, key)
  // Long paths are empty in the middle.
  const depths = path.map((_, depth) => depth).filter((depth) => depth < 3 || depth > path.length - 8)
  const paths = depths.map((depth) => path.slice(0, depth))
  paths.push(path, [...path, new Uint8Array(32)], [...path, new Uint8Array(32), new Uint8Array(32)])
  // What a lifting verifier would take: the path without its empty siblings, and with a leaf's hash as sibling.
  paths.push(path.filter((sibling) => sibling.some((byte) => byte !== 0)))
  paths.push(...leaves.map((leaf) => [...path, rootOf(nodeOf(leaf))]))
  const unique = new Map<string, Uint8Array>()
  for (const siblings of paths) {
    if (siblings.length > 160) continue
    for (const node of nodes) {
      // Only behind the entry itself does the preimage of a sibling decide.
      const isWanted = Buffer.compare(node.subarray(1, 33), key) === 0
      for (const sibling of isWanted ? siblingsOf : siblingsOf.slice(-1)) {
        const claim = concat(Uint8Array.of(siblings.length), ...siblings, node, sibling)
        unique.set(formatHex(claim), claim)
      }
    }
  }
  return [...unique.values()]
}

/** Hashes of the siblings of the path of `key`, from the root down. */
function pathOf(tree: Node, key: Uint8Array): Uint8Array[] {
  const path: Uint8Array[] = []
  for (let node = tree; node !== undefined && !('key' in node); ) {
    const goesLeft = (((key[path.length >> 3] ?? 0) >> (7 - (path.length & 7))) & 1) === 0
    path.push(rootOf(goesLeft ? node.right : node.left))
    node = goesLeft ? node.left : node.right
  }
  return path
}

function inners(tree: Node): Uint8Array[] {
  if (tree === undefined || 'key' in tree) return []
  const children = concat(rootOf(tree.left), rootOf(tree.right))
  const preimages = [2, 3].map((kind) => concat(Uint8Array.of(kind), children))
  return [...preimages, ...inners(tree.left), ...inners(tree.right)]
}

function leafOf(bits: number, place: number, value: number): Entry<number> {
  // What follows the place is the entry's own too.
  const key = encodeUint((BigInt(bits) << BigInt(256 - OWN_BITS - place)) | BigInt(bits), 32)
  return { key, value: BigInt(value) + 1n, name: bits }
}

function encodeLeaf({ key, value }: Pick<Entry<number>, 'key' | 'value'>): Uint8Array {
  return concat(Uint8Array.of(1), key, encodeUint(value, 16))
}

function hex(bytes: Uint8Array): Hex {
  return `0x${formatHex(bytes)}`
}
