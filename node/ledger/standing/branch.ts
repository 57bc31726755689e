// Ordering: makes a branch of blocks the ordered one, and blocks final.

import { OperationError } from '../../errors.ts'
import { flowsOf } from '../../protocol/flows.ts'
import { type Infohash, ZERO_HASH } from '../../protocol/ids.ts'
import type { Facts } from '../../protocol/rule-error.ts'
import type { Rules } from '../../protocol/rules.ts'
import type { RelayLimits } from '../intake/relay-price.ts'
import { inputsOf } from '../purse.ts'
import type { Change } from '../store/database.ts'
import { BLOCKS, CONTENTS, type Entry, isSettled, numberKey } from '../store/tables.ts'
import type { Branch, BranchBlock, BranchStep } from '../types.ts'
import { creatorStanding, entryOf, namedEntry, outputValue, place, relativesOf, rivalsOf, spendsOf } from './books.ts'
import { storeDeposit, storeSigned } from './entries.ts'
import { headOf, updateHead } from './head.ts'
import { Agenda, buryAll, type Work } from './judge.ts'

export type BranchContext = {
  readonly rules: Rules
  /** Unix milliseconds: when what only a block brought was first seen. */
  readonly nowMs: number
  /** Dead transactions to keep on record. */
  readonly keepDead: number
  readonly relay: RelayLimits
  /** Told of each transaction that is stored. */
  readonly onStored: (infohash: Infohash) => void
}

/** See `TransactionLedger.setBranch`. */
export function* setBranch(change: Change, branch: Branch, context: BranchContext): Work {
  const { finalHeight } = headOf(change)
  const blocks = checkBranch(change, branch)
  yield* order(change, blocks, context)
  const newFinal = blocks.findIndex(({ id }) => id === branch.final)
  for (let height = finalHeight + 1; height <= finalHeight + 1 + newFinal; height++) {
    yield* buryAll(change, finalizeBlock(change, height), context.keepDead)
    if (change.isLarge) yield
  }
}

function* order(change: Change, blocks: readonly BranchBlock[], context: BranchContext): Work {
  const { finalHeight, tipHeight } = headOf(change)
  const agenda = new Agenda(context.relay)
  let common = 0
  while (blocks[common] !== undefined && blockAt(change, finalHeight + 1 + common)?.id === blocks[common]?.id) common++
  try {
    for (let height = tipHeight; height > finalHeight + common; height--) {
      undoBlock(change, height, agenda)
      yield* cut(change, agenda)
    }
    for (const block of blocks.slice(common)) {
      applyBlock(change, block, agenda, context)
      yield* cut(change, agenda)
    }
  } catch (error) {
    yield* afterFailure(change, agenda, context)
    throw error
  }
  yield* agenda.settle(change)
}

/** Where a part was written before the failure, what it touched is judged now; what was not written is dropped. */
function* afterFailure(change: Change, { saved }: Agenda, { relay }: BranchContext): Work {
  if (saved.length === 0) return
  change.clear()
  const agenda = new Agenda(relay)
  agenda.resume(change, saved)
  yield* agenda.settle(change)
  yield
}

function blockAt(change: Change, height: number) {
  return change.get(BLOCKS, numberKey(height))
}

/** The blocks above the final one. */
function checkBranch(change: Change, { final, blocks }: Branch): readonly BranchBlock[] {
  const { finalHeight } = headOf(change)
  const above: BranchBlock[] = []
  for (const block of blocks) {
    const height = Number(block.height)
    if (height > finalHeight) {
      if (height !== finalHeight + 1 + above.length) throw badBranch('its heights have a gap', { height })
      above.push(block)
    } else {
      learnGenesis(change, height, block.id)
      const known = blockAt(change, height)
      if (known !== undefined && known.id !== block.id)
        throw badBranch('another block is final', { height, id: block.id })
    }
  }
  if (above.some(({ id }) => id === final)) return above
  learnGenesis(change, finalHeight, final)
  if (blockAt(change, finalHeight)?.id === final) return above
  // The bridge is followed again from the start, or more carefully, and is not that far yet: what is final here stays so.
  if (blocks.some(({ id }) => id === final) || blockAt(change, 0)?.id === final) return above
  throw badBranch('what it calls final is neither in it nor final here', { final, finalHeight })
}

/** The id of block 0 is not known before a caller names it. */
function learnGenesis(change: Change, height: number, id: BranchBlock['id']): void {
  const known = blockAt(change, height)
  if (height === 0 && known?.id === ZERO_HASH) change.put(BLOCKS, numberKey(0), { ...known, id })
}

function undoBlock(change: Change, height: number, agenda: Agenda): void {
  const contents = change.get(CONTENTS, numberKey(height)) ?? []
  for (const infohash of contents.toReversed()) {
    const entry = place(change, namedEntry(change, infohash), { standing: 'held' })
    const { children, rivals } = relativesOf(change, entry)
    agenda.mark(change, [infohash, ...children, ...rivals])
  }
  change.delete(CONTENTS, numberKey(height))
  change.delete(BLOCKS, numberKey(height))
  updateHead(change, { tipHeight: height - 1 })
}

function applyBlock(change: Change, block: BranchBlock, agenda: Agenda, context: BranchContext): void {
  const height = Number(block.height)
  const contents: Infohash[] = []
  for (const step of block.steps) {
    const before =
      step.kind === 'deposit' ? storeDeposit(change, context, step.index, step.entry) : spend(change, step, context)
    const entry = place(change, before, { standing: 'ordered', height, step: step.step })
    const { children, rivals } = relativesOf(change, entry)
    agenda.mark(change, [...children, ...rivals])
    contents.push(entry.infohash)
  }
  change.put(BLOCKS, numberKey(height), { id: block.id, publishedAt: block.publishedAt })
  change.put(CONTENTS, numberKey(height), contents)
  updateHead(change, { tipHeight: height })
}

/** The stored transaction of a step whose inputs are there, ordered, and spent by nothing ordered. */
function spend(change: Change, step: Exclude<BranchStep, { kind: 'deposit' }>, context: BranchContext): Entry {
  const { infohash } = step.transaction
  const facts = { infohash, step: step.step }
  const flows = flowsOf(step.transaction)
  const sums = flows.map((flow) => {
    let sum = 0n
    for (const [input, purse] of inputsOf([flow])) {
      const value = outputValue(change, input, purse)
      if (value === undefined || !isSettled(creatorStanding(change, input))) {
        throw badBranch('a step spends what is not there', { ...facts, input })
      }
      const { live } = spendsOf(change, input, purse)
      if (live !== '' && isSettled(namedEntry(change, live).standing)) {
        throw badBranch('a step spends what another one spent', { ...facts, input, rival: live })
      }
      sum += value
    }
    if (sum < flow.least) throw badBranch('a step spends more than it has', facts)
    return sum
  })
  const known = entryOf(change, infohash)
  if (known !== undefined) return known
  const stored = storeSigned(change, { verified: step.transaction, flows }, sums, context.nowMs)
  context.onStored(infohash)
  return stored
}

/** Returns what can never count any more. */
function finalizeBlock(change: Change, height: number): Infohash[] {
  const losers: Infohash[] = []
  for (const infohash of change.get(CONTENTS, numberKey(height)) ?? []) {
    const { step = 0, ...entry } = namedEntry(change, infohash)
    place(change, { ...entry, step }, { standing: 'final', height, step })
    losers.push(...rivalsOf(change, entry))
  }
  updateHead(change, { finalHeight: height })
  return losers
}

function* cut(change: Change, agenda: Agenda): Work {
  if (!change.isLarge) return
  agenda.save(change)
  yield
}

function badBranch(problem: string, facts: Facts): OperationError {
  return new OperationError('bad-branch', `the branch does not fit this ledger: ${problem}`, { facts })
}
