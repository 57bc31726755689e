// Receives files: keeps what may be of use, parks what lacks ancestors, refuses what can never be valid.

import { OperationError } from '../../errors.ts'
import { flowsOf } from '../../protocol/flows.ts'
import type { Infohash } from '../../protocol/ids.ts'
import { MAX_TOKENS, type Reason } from '../../protocol/rules.ts'
import { parentsOf } from '../../protocol/transaction.ts'
import { invalidTransaction } from '../../protocol/verify.ts'
import { relayBitsOf } from '../../relay-bits.ts'
import { inputsOf, pursesTouched } from '../purse.ts'
import { creatorStanding, entryOf, outputValue, place, placeOf, spendsOf } from '../standing/books.ts'
import { moveCharge } from '../standing/charges.ts'
import { cheapestCoin } from '../standing/cheapest-coin.ts'
import { adopt, isOfBeforeSnapshot, type Signed, storeSigned } from '../standing/entries.ts'
import { headOf } from '../standing/head.ts'
import { judge } from '../standing/judge.ts'
import type { Change, Reader } from '../store/database.ts'
import { type Entry, isSettled, statusOf, WAITING } from '../store/tables.ts'
import type { Submission } from '../types.ts'
import { ancestorsOf, rivalsToName } from './graph.ts'
import { isForgiven, isOwn, type Reject, type Rejects } from './rejects.ts'
import type { RelayLimits } from './relay-price.ts'
import type { VerifiedFile } from './verifier.ts'
import type { WaitingPool } from './waiting-pool.ts'

export type Intake = {
  readonly pool: WaitingPool
  readonly rejects: Rejects
  /** Conflicting transactions to keep that were conflicting when they came. */
  readonly maxConflicting: number
  readonly relay: RelayLimits
  /** Stored spenders of one output beyond which a conflicting newcomer is not kept. */
  readonly maxRivals: number
}

export type Arrival = {
  readonly verified: VerifiedFile
  readonly source: string
  /** Unix milliseconds. */
  readonly firstSeenMs: number
}

// Transactions looked at to name what is missing or in the way.
const MISSING_WALK = 64
const RIVALS_WALK = 1_000

/** Judges a transaction that is right in itself. Throws `RuleError('invalid-transaction')` and `OperationError('relay-work')`. */
export function admit(change: Change, intake: Intake, arrival: Arrival): Submission {
  const { verified, firstSeenMs } = arrival
  const { infohash } = verified
  const known = entryOf(change, infohash)
  if (known !== undefined) return submissionOf(change, known, false)
  const flows = flowsOf(verified)
  const inputs = inputsOf(flows)
  const refused = intake.rejects.get(infohash) ?? inherited(change, intake.rejects, { infohash, inputs })
  if (refused !== undefined && !isForgiven(refused, arrival.source)) return refuse(intake.rejects, infohash, refused)
  // What its inputs hold is not known then, nor needed.
  if (isOfBeforeSnapshot(change, infohash, pursesTouched(flows)))
    return submissionOf(change, adopt(change, storeSigned(change, { verified, flows }, [], firstSeenMs)), true)
  if (inputs.some(([input]) => creatorStanding(change, input) === undefined)) return park(change, intake, arrival)

  const sums = sumsOfInputs(change, flows)
  if (sums === undefined) return refuse(intake.rejects, infohash, { why: 'dead', rivals: [] })
  if (typeof sums === 'string')
    return refuse(intake.rejects, infohash, { why: 'invalid', error: invalidTransaction(sums, infohash) })

  const judgement = judge(change, { infohash, inputs, seq: headOf(change).seq + 1 })
  const spenders = inputs.map((input) => spendsOf(change, ...input).all.length)
  if (judgement.standing === 'conflicting') {
    const { rivals, isDead } = judgement
    if (isDead) return refuse(intake.rejects, infohash, { why: 'dead', rivals })
    const isCrowded = headOf(change).conflicting >= intake.maxConflicting || spenders.some((n) => n >= intake.maxRivals)
    if (isCrowded) return refuse(intake.rejects, infohash, { why: 'crowded', rivals })
  }
  const priced = cheapestCoin(change, inputs, intake.relay)
  const bitsAsked = priced !== undefined && relayBitsOf(infohash) < priced.bits ? priced.bits : 0
  if (bitsAsked > 0 && !isOwn(arrival.source))
    return refuse(intake.rejects, infohash, { why: 'price', bits: bitsAsked })
  const stored = storeSigned(change, { verified, flows }, sums, firstSeenMs)
  const ancestorBits = Math.max(0, ...inputs.map(([input]) => bitsInheritedFrom(change, input)))
  const charge = priced?.tally ?? ''
  const charged = { ...stored, charge, bitsAsked, ancestorBits, isShown: spenders.includes(1) }
  moveCharge(change, charged, 1)
  const placed = place(change, charged, judgement)
  return submissionOf(change, placed, true)
}

/** What was asked of a parent that no block has ordered, or of its ancestors, and is not in their infohashes. */
function bitsInheritedFrom(reader: Reader, parent: Infohash): number {
  const entry = entryOf(reader, parent)
  return entry === undefined || isSettled(entry.standing) ? 0 : Math.max(entry.bitsAsked, entry.ancestorBits)
}

/** Keeps a file that cannot be judged yet. */
function park(change: Change, { pool }: Intake, { verified, source, firstSeenMs }: Arrival): Submission {
  const { infohash, file } = verified
  const isNew = pool.get(infohash) === undefined
  if (isNew) {
    const order = pool.nextOrder
    change.put(WAITING, infohash, { file: new TextDecoder().decode(file), source, order, firstSeenMs })
    const item = { infohash, prev: parentsOf(verified.tx), source, bytes: file.length, order }
    for (const evicted of pool.add(item)) change.delete(WAITING, evicted.infohash)
  }
  return waitingSubmission(change, pool, infohash, isNew)
}

export function waitingSubmission(reader: Reader, pool: WaitingPool, infohash: Infohash, isNew: boolean): Submission {
  const { missing } = ancestorsOf(reader, pool, infohash, MISSING_WALK)
  return { infohash, status: 'waiting', isNew, missing, rivals: [] }
}

export function submissionOf(reader: Reader, entry: Entry, isNew: boolean): Submission {
  const { infohash } = entry
  const block = placeOf(reader, entry)
  const rivals = entry.standing === 'conflicting' ? rivalsToName(reader, entry, RIVALS_WALK) : []
  return { infohash, status: statusOf(entry), isNew, missing: [], rivals, ...(block ? { block } : {}) }
}

/** Says what a refused one is, and remembers it. Throws where it is invalid, and `OperationError('relay-work')` where it lacks work. */
export function refuse(rejects: Rejects, infohash: Infohash, reject: Reject): Submission {
  rejects.add(infohash, reject)
  if (reject.why === 'invalid') throw reject.error
  if (reject.why === 'price') throw tooCheap(infohash, reject.bits)
  return { infohash, status: 'conflicting', isNew: false, missing: [], rivals: reject.rivals }
}

function tooCheap(infohash: Infohash, bits: number): OperationError {
  return new OperationError(
    'relay-work',
    `expected ${bits} zero bits in front of infohash ${infohash}, got ${relayBitsOf(infohash)}: so many payments hang on the same coin already that this one is not stored before a block orders some of them, or this one`,
    { facts: { infohash, bits }, retry: true },
  )
}

/** A child of what was refused is refused for the same reason. */
function inherited(
  change: Change,
  rejects: Rejects,
  { infohash, inputs }: Pick<Entry, 'infohash' | 'inputs'>,
): Reject | undefined {
  for (const [input] of inputs) {
    const reject = creatorStanding(change, input) === undefined ? rejects.get(input) : undefined
    if (reject?.why === 'invalid') return { why: 'invalid', error: invalidTransaction('MissingInput', infohash) }
    if (reject !== undefined) return reject
  }
  return undefined
}

/** What the inputs of each flow hold, or why it can never be valid; `undefined` if an input was spent before the snapshot. */
function sumsOfInputs(change: Change, flows: Signed['flows']): bigint[] | Reason | undefined {
  const sums: bigint[] = []
  let isSpent = false
  for (const flow of flows) {
    let sum = 0n
    for (const [input, purse] of inputsOf([flow])) {
      const value = outputValue(change, input, purse)
      const parent = entryOf(change, input)
      if (value === undefined && parent !== undefined && !parent.isPartial) return 'MissingInput'
      if (value === undefined) isSpent = true
      sum += value ?? 0n
    }
    sums.push(sum)
  }
  if (isSpent) return undefined
  if (flows.some(({ least }, i) => (sums[i] ?? 0n) < least)) return 'Overspend'
  return sums.some((sum) => sum > MAX_TOKENS) ? 'MissingInput' : sums // more than there can be: its inputs exclude each other
}
