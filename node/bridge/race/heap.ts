// A binary heap: of what is in it, the first one by the given order is at its top.

export class Heap<T> {
  readonly #items: T[] = []
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore
  }

  get top(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = items[up]
      if (parent === undefined || !this.#isBefore(item, parent)) break
      items[at] = parent
      at = up
    }
    items[at] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const [top] = items
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let at = 0
    for (;;) {
      const [left, right] = [items[2 * at + 1], items[2 * at + 2]]
      const isRight = left !== undefined && right !== undefined && this.#isBefore(right, left)
      const child = isRight ? right : left
      if (child === undefined || !this.#isBefore(child, last)) break
      items[at] = child
      at = 2 * at + (isRight ? 2 : 1)
    }
    items[at] = last
    return top
  }
}
