// Keeps every index in step with where transactions stand: who spends what, what owners can spend, counts and fingerprints.

import { OperationError } from '../../errors.ts'
import { decodeUint } from '../../protocol/bytes.ts'
import { keccak } from '../../protocol/hash.ts'
import { type Infohash, toBytes } from '../../protocol/ids.ts'
import { assetOf, type Input, type Purse } from '../purse.ts'
import type { Change, Reader } from '../store/database.ts'
import {
  ACCOUNTS,
  ARRIVALS,
  BASE,
  BLOCKS,
  CANDIDATES,
  CONFLICTS,
  ENTRIES,
  type Entry,
  FILES,
  HISTORY,
  isLive,
  isSettled,
  numberKey,
  outputKey,
  REQUESTS,
  SPENDS,
  type Spends,
  type Standing,
  UNSPENT,
  WAITING,
} from '../store/tables.ts'
import type { BlockPlace } from '../types.ts'
import { isCharged, moveCharge } from './charges.ts'
import { headOf, updateHead } from './head.ts'

/** What an output is to its owner: spendable (accepted, ordered, final), or settled and spent by a payment that no block ordered. */
export type OutputClass = 'a' | 'o' | 'f' | 'p'

type Place = { readonly standing: Standing; readonly height?: number; readonly step?: number; readonly rank?: string }

const CLASSES = ['a', 'o', 'f', 'p'] as const
const UNSPENT_BY_NOBODY: Spends = { live: '', all: [] }
const FINGERPRINT_MASK = 2n ** 256n - 1n
/** Behind every `sizeKey`. */
const OTHER_ASSETS = 'zz'

export function entryOf(reader: Reader, infohash: Infohash): Entry | undefined {
  return reader.get(ENTRIES, infohash)
}

/** An entry that another row names. Throws `OperationError('ledger-damaged')`. */
export function namedEntry(reader: Reader, infohash: Infohash): Entry {
  const entry = entryOf(reader, infohash)
  if (entry !== undefined) return entry
  const message = `the ledger's database is damaged: it has lost transaction ${infohash}; begin again with another data folder`
  throw new OperationError('ledger-damaged', message, { facts: { infohash } })
}

export function spendsOf(reader: Reader, infohash: Infohash, purse: Purse): Spends {
  return reader.get(SPENDS, outputKey(infohash, purse)) ?? UNSPENT_BY_NOBODY
}

/** Where the creator of an output stands; `undefined` if neither it nor a snapshot's output of it is here. */
export function creatorStanding(reader: Reader, infohash: Infohash): Standing | undefined {
  return entryOf(reader, infohash)?.standing ?? (reader.get(BASE, infohash) === undefined ? undefined : 'final')
}

/** Base units; `undefined` if the creator has no such output, or had and it was spent before the snapshot. */
export function outputValue(reader: Reader, infohash: Infohash, purse: Purse): bigint | undefined {
  const outputs = entryOf(reader, infohash)?.outputs ?? reader.get(BASE, infohash) ?? []
  return outputs.find(([other]) => other === purse)?.[1]
}

/** Base units; 0 if there is no such output, or it cannot be spent now. */
export function spendableValue(reader: Reader, infohash: Infohash, purse: Purse): bigint {
  const standing = creatorStanding(reader, infohash)
  if (standing === undefined || !isLive({ standing }) || spendsOf(reader, infohash, purse).live !== '') return 0n
  return outputValue(reader, infohash, purse) ?? 0n
}

/** Base units of TTX in an output; 0 of another asset, or if it is not known. */
export function coinValue(reader: Reader, [infohash, purse]: Input): bigint {
  return assetOf(purse) === undefined ? (outputValue(reader, infohash, purse) ?? 0n) : 0n
}

/** All stored transactions that spend an output of this one, or compete with it for an input. */
export function relativesOf(reader: Reader, entry: Entry): { children: Infohash[]; rivals: Infohash[] } {
  const children = entry.outputs.flatMap(([purse]) => spendsOf(reader, entry.infohash, purse).all)
  return { children, rivals: rivalsOf(reader, entry) }
}

export function rivalsOf(reader: Reader, { infohash, inputs }: Pick<Entry, 'infohash' | 'inputs'>) {
  const rivals = new Set(inputs.flatMap((input) => spendsOf(reader, ...input).all))
  rivals.delete(infohash)
  return [...rivals]
}

/** The block that holds a transaction. */
export function placeOf(reader: Reader, { height, step = 0 }: Entry): BlockPlace | undefined {
  const block = height === undefined ? undefined : reader.get(BLOCKS, numberKey(height))
  return height === undefined || block === undefined ? undefined : { id: block.id, height: BigInt(height), step }
}

/** `tx.json`, waiting ones included. */
export function fileOf(reader: Reader, infohash: Infohash): string | undefined {
  return reader.get(FILES, infohash) ?? reader.get(WAITING, infohash)?.file
}

/** Stores a complete transaction as the most junior one. It is `held` (which counts nowhere) until `place` moves it. */
export function store(change: Change, entry: Omit<Entry, 'seq'> & { readonly standing: 'held' }, file: string): Entry {
  const seq = headOf(change).seq + 1
  const stored: Entry = { ...entry, seq }
  updateHead(change, { seq })
  change.put(ENTRIES, stored.infohash, stored)
  change.put(FILES, stored.infohash, file)
  change.put(ARRIVALS, numberKey(seq), stored.infohash)
  for (const purse of pursesOf(stored)) change.put(HISTORY, purse + numberKey(seq), stored.infohash)
  // What spends it comes later; but for what is older than a snapshot.
  if (headOf(change).snapshotHeight === 0)
    for (const [purse] of stored.outputs) change.assumeAbsent(SPENDS, outputKey(stored.infohash, purse))
  for (const input of stored.inputs) {
    const spends = spendsOf(change, ...input)
    change.put(SPENDS, outputKey(...input), { ...spends, all: [...spends.all, stored.infohash] })
  }
  return stored
}

/** Moves a stored transaction to another standing, or another place in it, and every index with it. */
export function place(change: Change, before: Entry, { standing, height, step, rank = '' }: Place): Entry {
  const { height: _height, step: _step, ...rest } = before
  const moved = { ...rest, standing, rank, ...(height === undefined ? {} : { height, step: step ?? 0 }) }
  const after: Entry = { ...moved, isShown: before.isShown || isLive(moved) }
  change.put(ENTRIES, after.infohash, after)
  moveCounts(change, before, after)
  moveCandidate(change, before, after)
  if (before.standing === standing) return after
  claimInputs(change, before, after)
  for (const [purse, value] of after.outputs) {
    const { live } = spendsOf(change, after.infohash, purse)
    const spender = live === '' ? undefined : namedEntry(change, live).standing
    const old = classOf(before.standing, spender)
    moveOutput(change, { infohash: after.infohash, purse, value }, old, classOf(standing, spender))
  }
  return after
}

/** Says that a conflicting transaction can never stand again, and removes it from everything that others look at. */
export function bury(change: Change, entry: Entry): void {
  change.put(ENTRIES, entry.infohash, { ...entry, isDead: true })
  change.delete(CONFLICTS, numberKey(entry.seq))
  updateHead(change, { conflicting: headOf(change).conflicting - 1 })
  for (const input of entry.inputs) {
    const key = outputKey(...input)
    const spends = spendsOf(change, ...input)
    const all = spends.all.filter((infohash) => infohash !== entry.infohash)
    if (all.length === 0) change.delete(SPENDS, key)
    else change.put(SPENDS, key, { ...spends, all })
  }
}

/** Forgets a dead transaction. */
export function forget(change: Change, entry: Entry): void {
  change.delete(ENTRIES, entry.infohash)
  change.delete(FILES, entry.infohash)
  change.delete(ARRIVALS, numberKey(entry.seq))
  for (const purse of pursesOf(entry)) change.delete(HISTORY, purse + numberKey(entry.seq))
}

/** Counts a transaction of before the snapshot, whose outputs were counted with the snapshot. */
export function countFinal(change: Change, entry: Entry): void {
  moveCounts(change, { ...entry, standing: 'held' }, entry)
  claimInputs(change, { ...entry, standing: 'held' }, entry)
}

export function moveOutput(
  change: Change,
  output: { readonly infohash: Infohash; readonly purse: Purse; readonly value: bigint },
  before: OutputClass | undefined,
  after: OutputClass | undefined,
): void {
  if (before === after) return
  const { infohash, purse, value } = output
  const { sums, outputs } = change.get(ACCOUNTS, purse) ?? { sums: [0n, 0n, 0n, 0n] as const, outputs: 0 }
  const sum = (i: 0 | 1 | 2 | 3) => sums[i] - (before === CLASSES[i] ? value : 0n) + (after === CLASSES[i] ? value : 0n)
  const moved = [sum(0), sum(1), sum(2), sum(3)] as const
  const count = outputs - (isSpendable(before) ? 1 : 0) + (isSpendable(after) ? 1 : 0)
  if (count === 0 && moved.every((value) => value === 0n)) change.delete(ACCOUNTS, purse)
  else change.put(ACCOUNTS, purse, { sums: moved, outputs: count })
  if (isSpendable(before)) change.delete(UNSPENT, unspentKey(purse, before, value, infohash))
  if (isSpendable(after)) change.put(UNSPENT, unspentKey(purse, after, value, infohash), '')
}

/** Sorts the spendable outputs of a purse by class, then value. */
export function unspentKey(purse: Purse, outputClass: OutputClass, value: bigint, infohash = ''): string {
  return `${purse}${outputClass}${value.toString(16).padStart(32, '0')}${infohash}`
}

/** The place among the candidates of a transaction whose ordered inputs hold `settled` TTX: greater amounts first, what spends none last. */
export function rankOf(inputs: readonly Input[], settled: bigint): string {
  return inputs.some(([, purse]) => assetOf(purse) === undefined) ? sizeKey(settled) : OTHER_ASSETS
}

/** Two hex digits that sort greater amounts first, by power of two. */
function sizeKey(amount: bigint): string {
  const bits = amount === 0n ? 0 : amount.toString(2).length
  return Math.max(0, 255 - bits)
    .toString(16)
    .padStart(2, '0')
}

function isSpendable(outputClass: OutputClass | undefined): outputClass is 'a' | 'o' | 'f' {
  return outputClass !== undefined && outputClass !== 'p'
}

function classOf(creator: Standing | undefined, spender: Standing | undefined): OutputClass | undefined {
  if (creator === undefined || isSettled(spender)) return undefined
  if (spender === 'accepted') return isSettled(creator) ? 'p' : undefined
  if (creator === 'final') return 'f'
  if (creator === 'ordered') return 'o'
  return creator === 'accepted' ? 'a' : undefined
}

/** The transaction takes its inputs or lets go of them. A transaction that comes to stand takes over; one that falls lets go only of what it still has. */
function claimInputs(change: Change, before: Entry, after: Entry): void {
  const { infohash } = after
  for (const [parent, purse] of after.inputs) {
    const spends = spendsOf(change, parent, purse)
    const isOwn = spends.live === infohash
    if (!isOwn && !isLive(after)) continue
    const other = spends.live === '' || isOwn ? undefined : namedEntry(change, spends.live).standing
    const live: Spends['live'] = isLive(after) ? infohash : ''
    if (live !== spends.live) change.put(SPENDS, outputKey(parent, purse), { ...spends, live })
    const value = outputValue(change, parent, purse)
    if (value === undefined) continue // spent before the snapshot
    const creator = creatorStanding(change, parent)
    const old = classOf(creator, isOwn ? before.standing : other)
    moveOutput(change, { infohash: parent, purse, value }, old, classOf(creator, after.standing))
  }
}

function moveCounts(change: Change, before: Entry, after: Entry): void {
  const live = Number(isLive(after)) - Number(isLive(before))
  const unordered = Number(after.standing === 'accepted') - Number(before.standing === 'accepted')
  const conflicting = Number(countsAsConflicting(after)) - Number(countsAsConflicting(before))
  const charged = Number(isCharged(after)) - Number(isCharged(before))
  moveCharge(change, after, charged)
  if (live === 0 && unordered === 0 && conflicting === 0) return
  const head = headOf(change)
  const print = decodeUint(keccak(toBytes(after.infohash)))
  updateHead(change, {
    count: head.count + live,
    weight: head.weight + BigInt(live * after.bytes),
    fingerprint: (head.fingerprint + BigInt(live) * print) & FINGERPRINT_MASK,
    unorderedCount: head.unorderedCount + unordered,
    unorderedFingerprint: (head.unorderedFingerprint + BigInt(unordered) * print) & FINGERPRINT_MASK,
    conflicting: head.conflicting + conflicting,
  })
  if (conflicting > 0) change.put(CONFLICTS, numberKey(after.seq), after.infohash)
  if (conflicting < 0) change.delete(CONFLICTS, numberKey(after.seq))
}

function moveCandidate(change: Change, before: Entry, after: Entry): void {
  const seq = numberKey(after.seq)
  if (before.rank !== after.rank) {
    if (before.rank !== '') change.delete(CANDIDATES, before.rank + seq)
    if (after.rank !== '') change.put(CANDIDATES, after.rank + seq, after.infohash)
  }
  if (after.request === 0n || (before.rank === '') === (after.rank === '')) return
  const key = sizeKey(after.request) + seq
  if (after.rank === '') change.delete(REQUESTS, key)
  else change.put(REQUESTS, key, after.infohash)
}

function countsAsConflicting({ standing, isDead }: Entry): boolean {
  return standing === 'conflicting' && !isDead
}

function pursesOf({ inputs, outputs }: Entry): Set<Purse> {
  return new Set([...outputs.map(([purse]) => purse), ...inputs.map(([, purse]) => purse)])
}
