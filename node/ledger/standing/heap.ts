// A binary heap of distinct infohashes: the most senior comes out first, whatever the order in which they went in.

import type { Infohash } from '../../protocol/ids.ts'

type Item = { readonly seq: number; readonly infohash: Infohash }

export class SeniorityHeap {
  readonly #items: Item[] = []
  readonly #present = new Set<Infohash>()

  get size(): number {
    return this.#items.length
  }

  push(item: Item): void {
    if (this.#present.has(item.infohash)) return
    this.#present.add(item.infohash)
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = items[up]
      if (parent === undefined || parent.seq <= item.seq) break
      items[at] = parent
      at = up
    }
    items[at] = item
  }

  pop(): Item | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (top === undefined || last === undefined) return undefined
    this.#present.delete(top.infohash)
    if (items.length === 0) return top
    let at = 0
    for (;;) {
      const left = items[2 * at + 1]
      const right = items[2 * at + 2]
      const child = right !== undefined && left !== undefined && right.seq < left.seq ? right : left
      if (child === undefined || child.seq >= last.seq) break
      items[at] = child
      at = child === right ? 2 * at + 2 : 2 * at + 1
    }
    items[at] = last
    return top
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#items.values()
  }
}
