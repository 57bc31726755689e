// The one database: typed tables over `level`, changes that are collected in memory and written in one atomic batch.

import type { AbstractLevel } from 'abstract-level'
import { OperationError } from '../../errors.ts'
import { RowCache } from './row-cache.ts'

export type LevelDatabase = AbstractLevel<string | Buffer | Uint8Array, string, string>

/** Rows of one kind; a key is the table's letter and then the row's own key. Rows are never changed in place. */
export type Table<T> = {
  readonly letter: string
  readonly encode: (row: T) => string
  readonly decode: (text: string, key: string) => T
  /** Its rows are read one by one, and soon again: they are worth memory. */
  readonly isCached?: true
}

/** What a range of keys is read by: bounds without the table's letter. */
export type Range = { gte?: string; gt?: string; lt?: string; reverse?: boolean; limit?: number }

export type Reader = { get<T>(table: Table<T>, key: string): T | undefined }

/** `table` is undefined where the row is deleted. */
type Slot = { readonly row: unknown; readonly table: Pick<Table<never>, 'encode' | 'isCached'> | undefined }

/** In the cache: there is no such row. Most rows that intake asks for are not there yet. */
const ABSENT = Symbol('absent')
/** Rows that a stream reads at once. */
const STREAMED = 1_000
const DELETED: Slot = { row: undefined, table: undefined }

/**
 * Layers, newest first: an open `Change`, the group of merged changes, the group that is being written, a bounded cache of committed
 * rows, the disk. `committed` sees only what is on disk; changes see everything.
 */
export class Database {
  readonly #level: LevelDatabase
  readonly #largeRows: number
  readonly #broken: (cause: unknown) => OperationError
  readonly #cache = new RowCache()
  #group = new Map<string, Slot>()
  #writing = new Map<string, Slot>()

  /** A change with this many rows is large: it should be written before it goes on. `broken` says what it means that the disk cannot be read. */
  constructor(level: LevelDatabase, largeRows: number, broken: (cause: unknown) => OperationError) {
    this.#level = level
    this.#broken = broken
    this.#largeRows = largeRows
  }

  /** Only what is on disk. */
  readonly disk: Reader = { get: (table, key) => this.committed(table, key) }
  /** Merged changes too. */
  readonly newest: Reader = { get: (table, key) => this.#newest(table, key) }

  begin(): Change {
    return new Change(this.newest, this.#largeRows)
  }

  /** Adds a change to the group that the next `flush` writes. */
  merge(change: Change): void {
    for (const [key, slot] of change.slots) this.#group.set(key, slot)
    change.clear()
  }

  /** Rows waiting for the next `flush`. */
  get size(): number {
    return this.#group.size
  }

  /** Writes the group as one atomic batch. Not to be called again before it is done. `sync` waits for the disk itself (fsync). */
  async flush(sync: boolean): Promise<void> {
    if (this.#group.size === 0) return
    const writing = this.#group
    this.#writing = writing
    this.#group = new Map()
    const operations = Array.from(writing, ([key, { row, table }]) =>
      table === undefined
        ? { type: 'del' as const, key }
        : { type: 'put' as const, key, value: table.encode(row as never) },
    )
    // classic-level knows `sync`; the abstract type does not.
    await this.#level.batch(operations, { sync } as object)
    for (const [key, { row, table }] of writing) {
      if (table?.isCached === true) this.#cache.set(key, row)
      else this.#cache.delete(key)
    }
    this.#writing = new Map()
  }

  /** A row as it is on disk. */
  committed<T>(table: Table<T>, key: string): T | undefined {
    const full = table.letter + key
    const cached = table.isCached === true ? this.#cache.get(full) : undefined
    if (cached !== undefined) return cached === ABSENT ? undefined : (cached as T) // under this key are rows of this table
    this.#checkOpen()
    const text = this.#getSync(full)
    const row = text === undefined ? undefined : table.decode(text, key)
    if (table.isCached === true) this.#cache.set(full, row ?? ABSENT)
    return row
  }

  /** Keys (without the letter) and rows of a range, as on disk. */
  async range<T>(table: Table<T>, range: Range): Promise<[string, T][]> {
    this.#checkOpen()
    const found = await this.#level.iterator(withLetter(table, range)).all()
    return found.map(([key, text]) => [key.slice(1), table.decode(text, key.slice(1))])
  }

  /** Rows as on disk, in the order of the keys; undefined where there is none. Does not hold up anything else. */
  async many<T>(table: Table<T>, keys: readonly string[]): Promise<(T | undefined)[]> {
    this.#checkOpen()
    const texts = await this.#level.getMany(keys.map((key) => table.letter + key))
    return texts.map((text, i) => (text === undefined ? undefined : table.decode(text, keys[i] ?? '')))
  }

  /** A range of one moment, however long the reader takes. */
  async *stream<T>(table: Pick<Table<T>, 'letter' | 'decode'>, range: Range): AsyncGenerator<[string, T]> {
    this.#checkOpen()
    const iterator = this.#level.iterator(withLetter(table, range))
    try {
      for (let rows = await iterator.nextv(STREAMED); rows.length > 0; rows = await iterator.nextv(STREAMED)) {
        for (const [key, text] of rows) yield [key.slice(1), table.decode(text, key.slice(1))]
      }
    } finally {
      await iterator.close()
    }
  }

  /** Deletes everything, the given row last: as long as it is there, the deletion was not completed. */
  async clear<T>(table: Table<T>, key: string): Promise<void> {
    const last = table.letter + key
    this.#cache.clear()
    await this.#level.clear({ lt: last })
    await this.#level.clear({ gt: last })
    await this.#level.del(last)
  }

  /** Deletes all rows of a table whose keys are below `key`. For tables that are not cached. */
  async deleteBelow(table: { readonly letter: string }, key: string): Promise<void> {
    await this.#level.clear({ gte: table.letter, lt: table.letter + key })
  }

  #getSync(key: string): string | undefined {
    try {
      return this.#level.getSync(key)
    } catch (cause) {
      throw this.#broken(cause)
    }
  }

  #checkOpen(): void {
    if (this.#level.status === 'open') return
    throw new OperationError('ledger-closed', 'the ledger is not running: start it first', { retry: true })
  }

  #newest<T>(table: Table<T>, key: string): T | undefined {
    const full = table.letter + key
    const slot = this.#group.get(full) ?? this.#writing.get(full)
    if (slot === undefined) return this.committed(table, key)
    return slot.row as T | undefined // under this key are rows of this table
  }
}

/** Reads and writes of one change. Dropping it undoes them. */
export class Change implements Reader {
  readonly slots = new Map<string, Slot>()
  readonly #below: Reader
  readonly #largeRows: number
  /** Keys of rows that cannot be there: not worth a look at the disk. */
  readonly #absent = new Set<string>()

  constructor(below: Reader, largeRows: number) {
    this.#below = below
    this.#largeRows = largeRows
  }

  get isLarge(): boolean {
    return this.slots.size >= this.#largeRows
  }

  get<T>(table: Table<T>, key: string): T | undefined {
    const full = table.letter + key
    const slot = this.slots.get(full)
    if (slot === undefined) return this.#absent.has(full) ? undefined : this.#below.get(table, key)
    return slot.row as T | undefined // under this key are rows of this table
  }

  /** Says that no row of this key is there: of what was stored just now. */
  assumeAbsent<T>(table: Table<T>, key: string): void {
    this.#absent.add(table.letter + key)
  }

  /** Forgets what it did: it was merged, or is dropped. */
  clear(): void {
    this.slots.clear()
    this.#absent.clear()
  }

  put<T>(table: Table<T>, key: string, row: T): void {
    this.slots.set(table.letter + key, { row, table: table as Slot['table'] })
  }

  delete<T>(table: Table<T>, key: string): void {
    this.slots.set(table.letter + key, DELETED)
  }
}

function withLetter(table: { readonly letter: string }, { gte, gt, lt, reverse = false, limit = -1 }: Range) {
  const lower = gt === undefined ? { gte: table.letter + (gte ?? '') } : { gt: table.letter + gt }
  const end = lt === undefined ? String.fromCharCode(table.letter.charCodeAt(0) + 1) : table.letter + lt
  return { ...lower, lt: end, reverse, limit }
}
