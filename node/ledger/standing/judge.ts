// Where unordered transactions stand: the senior of two rivals, if its inputs stand. Judged again only where something changed.

import type { Infohash } from '../../protocol/ids.ts'
import type { RelayLimits } from '../intake/relay-price.ts'
import { assetOf } from '../purse.ts'
import type { Change, Reader } from '../store/database.ts'
import { DEAD, type Entry, isSettled, numberKey, type Standing, TO_BURY, TO_JUDGE } from '../store/tables.ts'
import {
  bury,
  creatorStanding,
  entryOf,
  forget,
  namedEntry,
  outputValue,
  place,
  rankOf,
  relativesOf,
  spendsOf,
} from './books.ts'
import { isCharged, recharge } from './charges.ts'
import { cheapestCoin } from './cheapest-coin.ts'
import { headOf, updateHead } from './head.ts'
import { SeniorityHeap } from './heap.ts'

/** A change that may ask (by yielding) that what it did so far be written before it goes on. */
export type Work<T = void> = Generator<undefined, T, undefined>

type Unplaced = Pick<Entry, 'infohash' | 'inputs' | 'seq'>
export type Judgement = {
  readonly standing: Standing
  readonly rank: string
  /** What is in its way. */
  readonly rivals: readonly Infohash[]
  /** What is in its way is final. */
  readonly isDead: boolean
}

/** By the seniority rule alone (`TransactionLedger`): for a signed transaction that no block orders and whose ancestors are all here. */
export function judge(reader: Reader, { infohash, inputs, seq }: Unplaced): Judgement {
  const rivals = new Set<Infohash>()
  let isLost = false
  let isDead = false
  let isHeld = false
  let settled = 0n
  if (inputs.length === 0) return { standing: 'held', rank: '', rivals: [], isDead }
  for (const [creator, purse] of inputs) {
    const parent = creatorStanding(reader, creator)
    if (parent === 'conflicting') {
      isLost = true
      isDead ||= entryOf(reader, creator)?.isDead === true
    }
    if (parent === 'held') isHeld = true
    if (isSettled(parent) && assetOf(purse) === undefined) settled += outputValue(reader, creator, purse) ?? 0n
    for (const other of spendsOf(reader, creator, purse).all) {
      if (other === infohash) continue
      const rival = namedEntry(reader, other)
      const claims = rival.standing === 'accepted' || rival.standing === 'held'
      if (!isSettled(rival.standing) && !(claims && rival.seq < seq)) continue
      rivals.add(other)
      isDead ||= rival.standing === 'final'
    }
  }
  const standing = isLost || rivals.size > 0 ? 'conflicting' : isHeld ? 'held' : 'accepted'
  return { standing, rank: standing === 'accepted' ? rankOf(inputs, settled) : '', rivals: [...rivals], isDead }
}

/** Transactions to judge again. `save` makes the list part of a change, so that a crash does not lose it. */
export class Agenda {
  readonly #heap = new SeniorityHeap()
  /** What is written of the list, by seniority. */
  readonly #saved = new Map<number, Infohash>()
  readonly #relay: RelayLimits

  constructor(relay: RelayLimits) {
    this.#relay = relay
  }

  /** Ordered, dead and sender-less ones have nothing to be judged. */
  mark(change: Change, infohashes: Iterable<Infohash>): void {
    for (const infohash of infohashes) {
      const entry = namedEntry(change, infohash)
      if (!isSettled(entry.standing) && !entry.isDead && entry.kind === 'signed') this.#heap.push(entry)
    }
  }

  save(change: Change): void {
    for (const { seq, infohash } of this.#heap) {
      if (this.#saved.has(seq)) continue
      this.#saved.set(seq, infohash)
      change.put(TO_JUDGE, numberKey(seq), infohash)
    }
  }

  /** Rows that `save` wrote and that were not worked off. */
  get saved(): readonly Infohash[] {
    return [...this.#saved.values()]
  }

  /** Goes on with what a crash or a failure left of another list. */
  resume(change: Change, saved: readonly Infohash[]): void {
    for (const infohash of saved) this.#saved.set(namedEntry(change, infohash).seq, infohash)
    this.mark(change, saved)
  }

  /**
   * Judges what is marked and all that depends on it, each once: whatever a judgement depends on is senior, and the senior comes first.
   * Yields when the change has grown large; what is left to do is then part of it.
   */
  *settle(change: Change): Work {
    for (let next = this.#heap.pop(); next !== undefined; next = this.#heap.pop()) {
      this.#judgeAgain(change, namedEntry(change, next.infohash))
      this.#forget(change, next.seq)
      if (!change.isLarge) continue
      this.save(change)
      yield
    }
    for (const seq of this.#saved.keys()) this.#forget(change, seq) // ordered or buried in the meantime
  }

  #judgeAgain(change: Change, before: Entry): void {
    if (isSettled(before.standing)) return
    const { standing, rank } = judge(change, before)
    const charge = this.#chargeOf(change, before, standing)
    if (standing === before.standing && rank === before.rank && charge === before.charge) return
    place(change, charge === before.charge ? before : recharge(change, before, charge), { standing, rank })
    if (standing === before.standing && charge === before.charge) return
    const { children, rivals } = relativesOf(change, before)
    this.mark(change, children)
    this.mark(
      change,
      rivals.filter((rival) => namedEntry(change, rival).seq > before.seq),
    )
  }

  /** By what is ordered now: a block made coins of what it hangs on, or a reorganisation took them away. */
  #chargeOf(change: Change, before: Entry, standing: Standing): string {
    if (!isCharged({ standing })) return before.charge
    const counted = isCharged(before) ? before.charge : ''
    return cheapestCoin(change, before.inputs, this.#relay, counted)?.tally ?? before.charge
  }

  #forget(change: Change, seq: number): void {
    if (this.#saved.delete(seq)) change.delete(TO_JUDGE, numberKey(seq))
  }
}

/**
 * Buries transactions that lost to a final one, and their descendants. They stay on record in a ring of at most `keep`.
 * Yields as `settle` does.
 */
export function* buryAll(change: Change, infohashes: readonly Infohash[], keep: number): Work {
  const stack = [...infohashes]
  const saved = new Set<Infohash>()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const entry = entryOf(change, next)
    if (entry !== undefined && !entry.isDead) {
      stack.push(...relativesOf(change, entry).children)
      bury(change, entry)
      keepDead(change, entry, keep)
    }
    if (saved.delete(next)) change.delete(TO_BURY, next)
    if (!change.isLarge) continue
    for (const infohash of stack) {
      if (saved.has(infohash)) continue
      saved.add(infohash)
      change.put(TO_BURY, infohash, '')
    }
    yield
  }
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
