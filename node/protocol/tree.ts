// The compact sparse Merkle tree of the state: persistent (old roots stay readable), hashed only when a root is asked for.

import { assert } from './assert.ts'
import { concat, encodeUint } from './bytes.ts'
import { keccak } from './hash.ts'

/** Levels of the tree at most: the bits of a key that are its place. */
export const PLACE_BITS = 160

/** `key` has 32 bytes, `value` is above zero and below 2^128. `Name` is what the key was made of; it is not hashed. */
export type Entry<Name> = { readonly key: Uint8Array; readonly value: bigint; readonly name: Name }
/** 32 bytes as a string of as many characters, which takes 48 bytes of memory; an array takes 248. */
type Text = string
/** The hash of one is worked out where it is needed, which costs less than to keep it. */
export type Leaf<Name> = { readonly key: Text; readonly value: bigint; readonly name: Name }
type Inner<Name> = { readonly left: Tree<Name>; readonly right: Tree<Name>; hash?: Text }
/** An empty subtree, one entry, or at least two. */
export type Tree<Name> = undefined | Leaf<Name> | Inner<Name>

const EMPTY_HASH = new Uint8Array(32)
const EMPTY_TEXT = textOf(EMPTY_HASH)
/** What is hashed, one at a time: 0x00 ‖ key ‖ value(16), 0x01 ‖ left ‖ right. */
const leafBytes = new Uint8Array(49)
const leafView = new DataView(leafBytes.buffer)
const innerBytes = Uint8Array.of(1, ...new Uint8Array(64))
/** Levels from the top whose subtrees are hashed apart: of a million entries each has some 250. */
const PARTED_LEVELS = 12
const TAKEN = new Error('two entries have one place')

/** 32 bytes; remembered in the nodes above entries. */
export function rootOf<Name>(tree: Tree<Name>): Uint8Array {
  const root = new Uint8Array(32)
  write(root, 0, hashOf(tree))
  return root
}

/** What `treeOf` makes a tree of. */
export function leafOf<Name>({ key, value, name }: Entry<Name>): Leaf<Name> {
  return { key: textOf(key), value, name }
}

export function find<Name>(tree: Tree<Name>, key: Uint8Array): Pick<Entry<Name>, 'value' | 'name'> | undefined {
  const text = textOf(key)
  let node = tree
  for (let depth = 0; node !== undefined && !('key' in node); depth++)
    node = bit(text, depth) === 0 ? node.left : node.right
  return node?.key === text ? node : undefined
}

/** Whether an entry of another key has the place of `key`, which can then not be inserted. */
export function isTaken<Name>(tree: Tree<Name>, key: Uint8Array): boolean {
  const text = textOf(key)
  const { node } = descend(tree, text)
  return node !== undefined && node.key !== text && placeOf(node.key) === placeOf(text)
}

/** The tree with an entry in it, instead of one of the same key if there is one. Its place must not be taken. */
export function insert<Name>(tree: Tree<Name>, entry: Entry<Name>): Tree<Name> {
  return put(tree, leafOf(entry), 0)
}

function put<Name>(tree: Tree<Name>, leaf: Leaf<Name>, depth: number): Tree<Name> {
  if (tree === undefined) return leaf
  if ('key' in tree) return tree.key === leaf.key ? leaf : join(tree, leaf, depth)
  return bit(leaf.key, depth) === 0
    ? { left: put(tree.left, leaf, depth + 1), right: tree.right }
    : { left: tree.left, right: put(tree.right, leaf, depth + 1) }
}

/**
 * The tree of all these, which it puts into another order: as `insert` makes it leaf by leaf, many times faster. `undefined` if two of them have
 * one place.
 */
export function treeOf<Name>(leaves: Leaf<Name>[]): { readonly tree: Tree<Name> } | undefined {
  const build = (from: number, to: number, depth: number): Tree<Name> => {
    if (to - from < 2) return leaves[from < to ? from : leaves.length]
    if (depth === PLACE_BITS) throw TAKEN
    let middle = from
    for (let i = from; i < to; i++) {
      const leaf = leaves[i]
      const other = leaves[middle]
      if (leaf === undefined || other === undefined || bit(leaf.key, depth) === 1) continue
      leaves[i] = other
      leaves[middle++] = leaf
    }
    return { left: build(from, middle, depth + 1), right: build(middle, to, depth + 1) }
  }
  try {
    return { tree: build(0, leaves.length, 0) }
  } catch (error) {
    if (error === TAKEN) return undefined
    throw error
  }
}

/** Works out the root, with a pause after each part, so that `rootOf` need not. */
export function* rootInParts<Name>(tree: Tree<Name>, depth = 0): Generator<undefined, void> {
  if (tree === undefined || 'key' in tree || tree.hash !== undefined || depth === PARTED_LEVELS) {
    hashOf(tree)
    yield
    return
  }
  yield* rootInParts(tree.left, depth + 1)
  yield* rootInParts(tree.right, depth + 1)
}

/** The tree without the entry of `key`, which must be there. A leaf that is left alone moves up. */
export function remove<Name>(tree: Tree<Name>, key: Uint8Array): Tree<Name> {
  return cut(tree, textOf(key), 0)
}

function cut<Name>(tree: Tree<Name>, key: Text, depth: number): Tree<Name> {
  assert(tree !== undefined, 'an entry that is removed is in the tree')
  if ('key' in tree) {
    assert(tree.key === key, 'an entry that is removed is in the tree')
    return undefined
  }
  const goesLeft = bit(key, depth) === 0
  const rest = cut(goesLeft ? tree.left : tree.right, key, depth + 1)
  const sibling = goesLeft ? tree.right : tree.left
  if (rest === undefined && (sibling === undefined || 'key' in sibling)) return sibling
  if (sibling === undefined && rest !== undefined && 'key' in rest) return rest
  return goesLeft ? { left: rest, right: sibling } : { left: sibling, right: rest }
}

/** All entries, ascending by key. */
export function* entries<Name>(tree: Tree<Name>): Generator<Entry<Name>> {
  for (const { key, value, name } of leavesOf(tree)) yield { key: bytesOf(key), value, name }
}

/** The same without their keys as bytes. */
export function* leavesOf<Name>(tree: Tree<Name>): Generator<Leaf<Name>> {
  const waiting = [tree]
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (node === undefined) continue
    if ('key' in node) yield node
    else waiting.push(node.right, node.left)
  }
}

/** The opening of `key` (docs/protocol.md section 3.1); with the sibling's preimage where the entry is then deleted. */
export function encodeOpening<Name>(tree: Tree<Name>, key: Uint8Array, deleted = false): Uint8Array {
  const { node, siblings } = descend(tree, textOf(key))
  const path = [Uint8Array.of(siblings.length), ...siblings.map(rootOf), encodeNode(node)]
  const last = siblings.at(-1)
  return concat(...path, ...(deleted && last !== undefined ? [encodeSibling(last)] : []))
}

function descend<Name>(tree: Tree<Name>, key: Text) {
  const siblings: Tree<Name>[] = []
  let node = tree
  while (node !== undefined && !('key' in node)) {
    const goesLeft = bit(key, siblings.length) === 0
    siblings.push(goesLeft ? node.right : node.left)
    node = goesLeft ? node.left : node.right
  }
  return { node, siblings }
}

function placeOf(key: Text): string {
  return key.slice(0, PLACE_BITS / 8)
}

function join<Name>(a: Leaf<Name>, b: Leaf<Name>, depth: number): Tree<Name> {
  assert(depth < PLACE_BITS, 'an entry is inserted where no other has its place')
  if (bit(a.key, depth) !== bit(b.key, depth)) {
    return bit(a.key, depth) === 0 ? { left: a, right: b } : { left: b, right: a }
  }
  const below = join(a, b, depth + 1)
  return bit(a.key, depth) === 0 ? { left: below, right: undefined } : { left: undefined, right: below }
}

function bit(key: Text, depth: number): number {
  return (key.charCodeAt(depth >> 3) >> (7 - (depth & 7))) & 1
}

function hashOf<Name>(tree: Tree<Name>): Text {
  if (tree === undefined) return EMPTY_TEXT
  if ('key' in tree) return hashLeaf(tree)
  tree.hash ??= hashInner(hashOf(tree.left), hashOf(tree.right))
  return tree.hash
}

function hashLeaf<Name>({ key, value }: Leaf<Name>): Text {
  write(leafBytes, 1, key)
  leafView.setBigUint64(33, value >> 64n)
  leafView.setBigUint64(41, value)
  return textOf(keccak(leafBytes))
}

function hashInner(left: Text, right: Text): Text {
  write(innerBytes, 1, left)
  write(innerBytes, 33, right)
  return textOf(keccak(innerBytes))
}

function write(bytes: Uint8Array, at: number, text: Text): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
}

function bytesOf(text: Text): Uint8Array {
  const bytes = new Uint8Array(text.length)
  write(bytes, 0, text)
  return bytes
}

/** Of 32 bytes, which no key and no hash has more or less of. Each is named: a list of them, or a spread, takes 6 to 20 times as long. */
function textOf(b: Uint8Array): Text {
  assert(b.length === 32, 'keys and hashes have 32 bytes')
  const at = (i: number) => b[i] as number
  // biome-ignore format: 32 lines would say no more
  return String.fromCharCode(
    at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11), at(12), at(13), at(14), at(15),
    at(16), at(17), at(18), at(19), at(20), at(21), at(22), at(23), at(24), at(25), at(26), at(27), at(28), at(29), at(30), at(31),
  )
}

function encodeNode<Name>(node: Leaf<Name> | undefined): Uint8Array {
  return node === undefined ? Uint8Array.of(0) : concat(Uint8Array.of(1), bytesOf(node.key), encodeUint(node.value, 16))
}

function encodeSibling<Name>(sibling: Leaf<Name> | Inner<Name>): Uint8Array {
  return 'key' in sibling ? encodeNode(sibling) : concat(Uint8Array.of(2), rootOf(sibling.left), rootOf(sibling.right))
}
