// What is in a purse, and which outputs to use for a payment.

import { OperationError } from '../errors.ts'
import type { Infohash } from '../protocol/ids.ts'
import { MAX_INPUTS } from '../protocol/rules.ts'
import { ofAsset } from '../protocol/state.ts'
import { assetOf, ownerOf, type Purse } from './purse.ts'
import { creatorStanding, type OutputClass, outputValue, spendsOf, unspentKey } from './standing/books.ts'
import type { Database, Range, Reader, Table } from './store/database.ts'
import { UNSPENT } from './store/tables.ts'
import type { LedgerOutput, OutputRecord } from './types.ts'

/** Where unspent outputs are found, by the order of their keys. */
export type Unspent = Pick<Database, 'range'>
type SpendableClass = Exclude<OutputClass, 'p'>

const STATUS = { a: 'accepted', o: 'ordered', f: 'final' } as const
const SETTLED_FIRST = ['f', 'o', 'a'] as const
const VALUE_DIGITS = 32
const INFOHASH_DIGITS = 40

/** Final ones, then ordered ones, then the others; within each the greatest first. */
export async function spendable(database: Database, purse: Purse, limit: number): Promise<LedgerOutput[]> {
  const found: LedgerOutput[] = []
  for (const outputClass of SETTLED_FIRST) {
    if (found.length < limit) found.push(...(await largest(database, purse, outputClass, limit - found.length)))
  }
  return found
}

/** See `TransactionLedger.output`. `status` is that of the transaction itself, which may not be here although a snapshot brought what it made. */
export function lookAtOutput(
  reader: Reader,
  purse: Purse,
  { infohash, status }: Pick<OutputRecord, 'infohash' | 'status'>,
): OutputRecord {
  const value = outputValue(reader, infohash, purse)
  const { live } = spendsOf(reader, infohash, purse)
  return {
    infohash,
    status: creatorStanding(reader, infohash) === 'final' ? 'final' : status,
    ...(value === undefined ? {} : { value }),
    ...(live === '' ? {} : { spentBy: live }),
  }
}

/** See `TransactionLedger.selectInputs`. `total` is all that can be spent. */
export async function selectInputs(
  every: Unspent,
  wish: {
    readonly purse: Purse
    readonly amount: bigint
    readonly maxInputs: number
    readonly total: bigint
    /** Transactions whose outputs are left alone; `total` does not count these. */
    readonly without?: ReadonlySet<Infohash>
  },
): Promise<LedgerOutput[]> {
  const { purse, amount, total, without } = wish
  const maxInputs = Math.max(1, Math.min(wish.maxInputs, MAX_INPUTS))
  const database = without === undefined || without.size === 0 ? every : sparing(every, without)
  const settled = [
    ...(await largest(database, purse, 'f', maxInputs)),
    ...(await largest(database, purse, 'o', maxInputs)),
  ]
  const all = [...settled, ...(await largest(database, purse, 'a', maxInputs))]
  const isSettledEnough = reach(settled, maxInputs) >= amount
  const best = isSettledEnough ? settled : all
  if (reach(best, maxInputs) < amount) throw shortOf(amount, total, reach(all, maxInputs), maxInputs)
  const single = await smallestAtLeast(database, purse, amount, isSettledEnough ? ['f', 'o'] : SETTLED_FIRST)
  if (single !== undefined)
    return maxInputs === 1 ? [single] : [single, ...(await companionOf(database, purse, single, amount))]
  const chosen: LedgerOutput[] = []
  let sum = 0n
  for (const output of top(best, maxInputs)) {
    if (sum >= amount) break
    chosen.push(output)
    sum += output.value
  }
  return chosen
}

async function largest(database: Unspent, purse: Purse, outputClass: SpendableClass, limit: number) {
  const gte = purse + outputClass
  const rows = await database.range(UNSPENT, { gte, lt: `${gte}~`, reverse: true, limit })
  return rows.map(([key]) => toOutput(purse, outputClass, key))
}

async function smallestAtLeast(
  database: Unspent,
  purse: Purse,
  amount: bigint,
  classes: readonly SpendableClass[],
): Promise<LedgerOutput | undefined> {
  const found: LedgerOutput[] = []
  for (const outputClass of classes) {
    const range = { gte: unspentKey(purse, outputClass, amount), lt: `${purse}${outputClass}~`, limit: 1 }
    for (const [key] of await database.range(UNSPENT, range)) found.push(toOutput(purse, outputClass, key))
  }
  return found.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))[0]
}

/**
 * The smallest final output there, unless it holds more than is paid: a payment out of one output makes two, so the state of every node would grow by
 * each payment, and a block in blobs may enlarge it by 2,048 entries only.
 */
async function companionOf(
  database: Unspent,
  purse: Purse,
  single: LedgerOutput,
  amount: bigint,
): Promise<LedgerOutput[]> {
  const range = { gte: `${purse}f`, lt: unspentKey(purse, 'f', amount + 1n), limit: 2 }
  const found = (await database.range(UNSPENT, range)).map(([key]) => toOutput(purse, 'f', key))
  return found.filter((output) => output.infohash !== single.infohash).slice(0, 1)
}

/** The same outputs but for some: each question asks for as many more as are passed over. */
function sparing(database: Unspent, without: ReadonlySet<Infohash>): Unspent {
  return {
    range: async <T>(table: Table<T>, { limit, ...range }: Range): Promise<[string, T][]> => {
      const more = limit === undefined ? {} : { limit: limit + without.size }
      const rows = await database.range(table, { ...range, ...more })
      return rows.filter(([key]) => !without.has(infohashIn(key))).slice(0, limit)
    },
  }
}

function infohashIn(key: string): Infohash {
  return key.slice(-INFOHASH_DIGITS) as Infohash // as `unspentKey` writes it
}

function top(outputs: readonly LedgerOutput[], count: number): LedgerOutput[] {
  return outputs.toSorted((a, b) => (a.value > b.value ? -1 : a.value < b.value ? 1 : 0)).slice(0, count)
}

/** The most that `count` outputs hold together. */
function reach(outputs: readonly LedgerOutput[], count: number): bigint {
  return top(outputs, count).reduce((sum, { value }) => sum + value, 0n)
}

function toOutput(purse: Purse, outputClass: SpendableClass, key: string): LedgerOutput {
  const valueAt = purse.length + 1
  const infohash = key.slice(valueAt + VALUE_DIGITS) as Infohash // as `unspentKey` writes it
  const value = BigInt(`0x${key.slice(valueAt, valueAt + VALUE_DIGITS)}`)
  return ofAsset({ infohash, owner: ownerOf(purse), value, status: STATUS[outputClass] }, assetOf(purse))
}

function shortOf(amount: bigint, total: bigint, within: bigint, maxInputs: number): OperationError {
  const facts = { amount: `${amount}`, spendable: `${total}` as const, reach: `${within}`, maxInputs }
  if (total < amount) {
    const message = `expected ${amount} base units that can be spent now, got ${total}; pay less, or wait for what is on its way`
    return new OperationError('insufficient-funds', message, { facts })
  }
  return new OperationError(
    'funds-spread',
    `expected ${maxInputs} outputs to hold ${amount} base units, got ${within} in the largest ones (all hold ${total}); pay yourself first, to have fewer and larger ones`,
    { facts },
  )
}
