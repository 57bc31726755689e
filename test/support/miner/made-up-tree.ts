// A contract with as many living blocks as a test wants, without Ethereum: their links, and how often somebody asks about them.

import assert from 'node:assert/strict'
import type { Links } from '../../../node/ethereum/reader.ts'
import { keccak } from '../../../node/protocol/hash.ts'
import { type BlockKey, type Hash, keyOf, tagOf, toHash, ZERO_HASH } from '../../../node/protocol/ids.ts'
import { toTime, toWork } from '../../../node/protocol/units.ts'

/** A number as its own id, anything else by its hash, after as many zeros as the contract keeps nothing of. */
export function madeUpId(name: string): Hash {
  if (/^\d+$/.test(name)) return `0x${BigInt(name).toString(16).padStart(64, '0')}` as Hash
  return toHash(keccak(new TextEncoder().encode(name)).fill(0, 0, 8))
}

/** The links of a block by ids, which tests can tell apart. */
export type Ties = Omit<Links, 'tag' | 'parent' | 'firstChild' | 'nextSibling'> &
  Readonly<Record<'parent' | 'firstChild' | 'nextSibling', Hash>>

/** As an endpoint tells of a block. */
export function linksOf(id: Hash, { parent, firstChild, nextSibling, ...rest }: Ties): Links {
  const ways = { parent: keyOf(parent), firstChild: keyOf(firstChild), nextSibling: keyOf(nextSibling) }
  return { ...rest, ...ways, tag: tagOf(id) }
}

export class MadeUpTree {
  readonly name = 'made up'
  readonly final = madeUpId('final')
  /** In the order of publication. */
  readonly ids: readonly Hash[]
  readonly records = new Map<Hash, Ties>()
  readonly #ids = new Map<BlockKey, Hash>()
  questions = 0
  asked = 0

  /** `parentOf`: the number of the block on which a block stands; nothing for the final one. One block a second. */
  constructor(size: number, parentOf: (i: number) => number | undefined) {
    this.ids = Array.from({ length: size }, (_, i) => madeUpId(`block ${i}`))
    const root = {
      parent: ZERO_HASH,
      publishedAt: toTime(1n),
      work: toWork(0n),
      isRefuted: false,
      firstChild: ZERO_HASH,
      nextSibling: ZERO_HASH,
    }
    this.records.set(this.final, root)
    const lastChild = new Map<Hash, Hash>()
    for (const [i, id] of this.ids.entries()) {
      const below = parentOf(i)
      const parent = below === undefined ? this.final : this.id(below)
      const { work } = this.record(parent)
      this.records.set(id, { ...root, parent, publishedAt: toTime(BigInt(i + 2)), work: toWork(work + 1n) })
      const before = lastChild.get(parent)
      if (before === undefined) this.records.set(parent, { ...this.record(parent), firstChild: id })
      else this.records.set(before, { ...this.record(before), nextSibling: id })
      lastChild.set(parent, id)
    }
  }

  static flat(size: number): MadeUpTree {
    return new MadeUpTree(size, () => undefined)
  }

  static branches(size: number, length: number): MadeUpTree {
    return new MadeUpTree(size, (i) => (i % length === 0 ? undefined : i - 1))
  }

  id(i: number): Hash {
    const id = this.ids[i]
    assert.ok(id)
    return id
  }

  /** Of one of its blocks. */
  idOf(key: BlockKey): Hash | undefined {
    if (this.#ids.size < this.records.size) for (const id of this.records.keys()) this.#ids.set(keyOf(id), id)
    return this.#ids.get(key)
  }

  record(id: Hash): Ties {
    const record = this.records.get(id)
    assert.ok(record)
    return record
  }

  change(i: number, change: Partial<Ties>): void {
    this.records.set(this.id(i), { ...this.record(this.id(i)), ...change })
  }

  /** As `Ethereum` answers. */
  links = async (keys: readonly BlockKey[]): Promise<{ readonly final: Hash; readonly links: readonly Links[] }> => {
    this.questions += 1
    this.asked += keys.length
    const nothing = { ...this.record(this.final), publishedAt: toTime(0n), firstChild: ZERO_HASH }
    const links = keys.map((key) => {
      const id = this.idOf(key)
      return linksOf(id ?? ZERO_HASH, (id && this.records.get(id)) ?? nothing)
    })
    return { final: this.final, links }
  }
}
