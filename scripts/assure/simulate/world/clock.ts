// What happens next: events in the order of their time, then of their rank, then of their arrival.

type Event = { readonly time: number; readonly rank: number; readonly order: number; readonly run: () => void }

export class Clock {
  /** Unix seconds, in effect. */
  now: number
  readonly #heap: Event[] = []
  #count = 0

  constructor(start: number) {
    this.now = start
  }

  /** `rank` decides within one moment: the lower is first. What would be in the past happens now. */
  at(time: number, run: () => void, rank = 1): void {
    const event = { time: Math.max(time, this.now), rank, order: this.#count++, run }
    const heap = this.#heap
    let i = heap.push(event) - 1
    for (let up = (i - 1) >> 1; i > 0; i = up, up = (i - 1) >> 1) {
      const parent = heap[up]
      if (parent === undefined || isBefore(parent, event)) break
      heap[i] = parent
      heap[up] = event
    }
  }

  /** Runs the next event; false if there is none. */
  tick(): boolean {
    const heap = this.#heap
    const [top] = heap
    const last = heap.pop()
    if (top === undefined || last === undefined) return false
    if (heap.length > 0) this.#sink(last)
    this.now = top.time
    top.run()
    return true
  }

  #sink(event: Event): void {
    const heap = this.#heap
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      let child = heap[down]
      const right = heap[down + 1]
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        down += 1
        child = right
      }
      if (child === undefined || isBefore(event, child)) break
      heap[i] = child
      i = down
    }
    heap[i] = event
  }
}

function isBefore(a: Event, b: Event): boolean {
  if (a.time !== b.time) return a.time < b.time
  return a.rank !== b.rank ? a.rank < b.rank : a.order < b.order
}
