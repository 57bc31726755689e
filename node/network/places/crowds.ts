// Sets by a key, of which the largest is known at any time without a walk through all of them.

export class Crowds<T> {
  readonly #sets = new Map<string, Set<T>>()
  /** Keys by the size of their set. */
  readonly #bySize = new Map<number, Set<string>>()
  #most = 0

  get(key: string): ReadonlySet<T> | undefined {
    return this.#sets.get(key)
  }

  /** Of several that are the largest, any; empty if there is none. In the order in which its members were added. */
  get largest(): ReadonlySet<T> {
    const [key] = this.#bySize.get(this.#most) ?? []
    return (key === undefined ? undefined : this.#sets.get(key)) ?? new Set()
  }

  /** Adding a member twice is the caller's bug. */
  add(key: string, member: T): void {
    const set = this.#sets.get(key) ?? new Set()
    this.#sets.set(key, set.add(member))
    this.#move(key, set.size - 1, set.size)
  }

  delete(key: string, member: T): void {
    const set = this.#sets.get(key)
    if (set?.delete(member) !== true) return
    if (set.size === 0) this.#sets.delete(key)
    this.#move(key, set.size + 1, set.size)
  }

  #move(key: string, from: number, to: number): void {
    const before = this.#bySize.get(from)
    before?.delete(key)
    if (before?.size === 0) this.#bySize.delete(from)
    if (to > 0) this.#bySize.set(to, (this.#bySize.get(to) ?? new Set()).add(key))
    if (to > this.#most) this.#most = to
    // One set shrinks by one at a time, and is then among the largest.
    else if (from === this.#most && !this.#bySize.has(from)) this.#most = to
  }
}
