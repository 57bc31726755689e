// Where webtorrent reads and writes pieces: one buffer in memory, nothing on disk (the ledger keeps what lasts).

type Done = (error: Error | null, bytes?: Uint8Array) => void
type Range = { readonly offset?: number; readonly length?: number } | null

/** An abstract-chunk-store. Given `bytes` it serves them; else it allocates `length` when the first piece arrives. */
export class MemoryChunkStore {
  readonly chunkLength: number
  readonly #length: number
  #bytes: Uint8Array | undefined

  constructor(chunkLength: number, content: { readonly length: number } | Uint8Array) {
    this.chunkLength = chunkLength
    this.#length = content.length
    this.#bytes = content instanceof Uint8Array ? content : undefined
  }

  /** All of it; zeros where nothing arrived yet. */
  get bytes(): Uint8Array {
    this.#bytes ??= new Uint8Array(this.#length)
    return this.#bytes
  }

  put(index: number, bytes: Uint8Array, done: Done = () => {}): void {
    const start = index * this.chunkLength
    const fits = start + bytes.length <= this.#length
    if (fits) this.bytes.set(bytes, start)
    queueMicrotask(() => done(fits ? null : new RangeError('past the end')))
  }

  get(index: number, range: Range | Done, done: Done = () => {}): void {
    if (typeof range === 'function') this.#read(index, null, range)
    else this.#read(index, range, done)
  }

  close(done: Done = () => {}): void {
    this.#bytes = undefined
    queueMicrotask(() => done(null))
  }

  destroy(done: Done = () => {}): void {
    this.close(done)
  }

  #read(index: number, range: Range, done: Done): void {
    const start = index * this.chunkLength
    const chunkEnd = Math.min(start + this.chunkLength, this.#length)
    const from = start + (range?.offset ?? 0)
    const to = range?.length === undefined ? chunkEnd : from + range.length
    const found = to > chunkEnd || from > to ? undefined : this.#bytes?.subarray(from, to)
    queueMicrotask(() => (found ? done(null, found) : done(new RangeError('no such bytes'))))
  }
}
