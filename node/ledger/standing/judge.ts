// Where unordered transactions stand: the senior of two rivals, if its inputs stand. Judged again only where something changed.

import type { Infohash } from '../../protocol/ids.ts'
import type { Change, Reader } from '../store/database.ts'
import { DEAD, type Entry, isSettled, numberKey, type Standing, TO_BURY, TO_JUDGE } from '../store/tables.ts'
import {
  bury,
  creatorStanding,
  entryOf,
  forget,
  headOf,
  namedEntry,
  outputValue,
  place,
  relativesOf,
  sizeKey,
  spendsOf,
  updateHead,
} from './books.ts'
import { SeniorityHeap } from './heap.ts'

/** A change that may ask (by yielding) that what it did so far be written before it goes on. */
export type Work<T = void> = Generator<undefined, T, undefined>

type Unplaced = Pick<Entry, 'infohash' | 'from' | 'prev' | 'seq'>
export type Judgement = {
  readonly standing: Standing
  readonly rank: string
  /** What stands in its way. */
  readonly rivals: readonly Infohash[]
  /** What stands in its way is final. */
  readonly isDead: boolean
}

/** By the seniority rule alone (`TransactionLedger`): for a signed transaction that no block orders and whose ancestors are all here. */
export function judge(reader: Reader, { infohash, from, prev, seq }: Unplaced): Judgement {
  const rivals = new Set<Infohash>()
  let isLost = false
  let isDead = false
  let isHeld = false
  let settled = 0n
  if (from === '') return { standing: 'held', rank: '', rivals: [], isDead }
  for (const input of prev) {
    const parent = creatorStanding(reader, input)
    if (parent === 'conflicting') {
      isLost = true
      isDead ||= entryOf(reader, input)?.isDead === true
    }
    if (parent === 'held') isHeld = true
    if (isSettled(parent)) settled += outputValue(reader, input, from) ?? 0n
    for (const other of spendsOf(reader, input, from).all) {
      if (other === infohash) continue
      const rival = namedEntry(reader, other)
      const claims = rival.standing === 'accepted' || rival.standing === 'held'
      if (!isSettled(rival.standing) && !(claims && rival.seq < seq)) continue
      rivals.add(other)
      isDead ||= rival.standing === 'final'
    }
  }
  const standing = isLost || rivals.size > 0 ? 'conflicting' : isHeld ? 'held' : 'accepted'
  return { standing, rank: standing === 'accepted' ? sizeKey(settled) : '', rivals: [...rivals], isDead }
}

/** Transactions to judge again. `save` makes the list part of a change, so that a crash does not lose it. */
export class Agenda {
  readonly #heap = new SeniorityHeap()
  #saved: (readonly [string, string])[] = []

  /** Ordered, dead and sender-less ones have nothing to be judged. */
  mark(change: Change, infohashes: Iterable<Infohash>): void {
    for (const infohash of infohashes) {
      const entry = namedEntry(change, infohash)
      if (!isSettled(entry.standing) && !entry.isDead && entry.kind === 'signed') this.#heap.push(entry)
    }
  }

  pop(): Infohash | undefined {
    return this.#heap.pop()?.infohash
  }

  save(change: Change): void {
    this.#forgetSaved(change)
    for (const { seq, infohash } of this.#heap) {
      this.#saved.push([numberKey(seq), infohash])
      change.put(TO_JUDGE, numberKey(seq), infohash)
    }
  }

  /** Rows of `TO_JUDGE` that `save` wrote and nobody worked off. */
  get saved(): readonly (readonly [string, string])[] {
    return this.#saved
  }

  resume(change: Change, saved: readonly (readonly [string, string])[]): void {
    this.#saved = [...saved]
    this.mark(
      change,
      saved.map(([, infohash]) => infohash as Infohash),
    ) // written by `save`
  }

  /**
   * Judges what is marked and all that depends on it, each once: whatever a judgement depends on is senior, and the senior comes first.
   * Yields when the change has grown large; what is left to do is then part of it.
   */
  *settle(change: Change): Work {
    for (let next = this.pop(); next !== undefined; next = this.pop()) {
      this.#judgeAgain(change, namedEntry(change, next))
      if (!change.isLarge) continue
      this.save(change)
      yield
    }
    this.#forgetSaved(change)
  }

  #judgeAgain(change: Change, before: Entry): void {
    if (isSettled(before.standing)) return
    const { standing, rank } = judge(change, before)
    if (standing === before.standing && rank === before.rank) return
    place(change, before, { standing, rank })
    if (standing === before.standing) return
    const { children, rivals } = relativesOf(change, before)
    this.mark(change, children)
    this.mark(
      change,
      rivals.filter((rival) => namedEntry(change, rival).seq > before.seq),
    )
  }

  #forgetSaved(change: Change): void {
    for (const [key] of this.#saved) change.delete(TO_JUDGE, key)
    this.#saved = []
  }
}

/**
 * Buries transactions that lost to a final one, and their descendants. They stay on record in a ring of at most `keep`.
 * Yields as `settle` does.
 */
export function* buryAll(change: Change, infohashes: readonly Infohash[], keep: number): Work {
  const stack = [...infohashes]
  const written = new Set<Infohash>()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const entry = entryOf(change, next)
    if (entry !== undefined && !entry.isDead) {
      stack.push(...relativesOf(change, entry).children)
      bury(change, entry)
      keepDead(change, entry, keep)
    }
    if (!change.isLarge) continue
    for (const infohash of written) change.delete(TO_BURY, infohash)
    written.clear()
    for (const infohash of stack) {
      written.add(infohash)
      change.put(TO_BURY, infohash, '')
    }
    yield
  }
  for (const infohash of written) change.delete(TO_BURY, infohash)
}

function keepDead(change: Change, { infohash }: Entry, keep: number): void {
  const { deadNext, deadFirst } = headOf(change)
  change.put(DEAD, numberKey(deadNext), infohash)
  let first = deadFirst
  for (; deadNext + 1 - first > keep; first++) {
    const oldest = change.get(DEAD, numberKey(first))
    const entry = oldest === undefined ? undefined : entryOf(change, oldest as Infohash) // the ring holds infohashes
    if (entry !== undefined) forget(change, entry)
    change.delete(DEAD, numberKey(first))
  }
  updateHead(change, { deadNext: deadNext + 1, deadFirst: first })
}
