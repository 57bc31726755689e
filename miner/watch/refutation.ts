// The proof that a block is wrong: from its first wrong step, which a replay has found, the one call of the bridge that kills it.

import type { Refutation } from '../../node/ethereum/refute-call.ts'
import { applyStep, applyTransaction, type Witness } from '../../node/protocol/apply.ts'
import { type BlobBlock, splitHead } from '../../node/protocol/blob-block.ts'
import { assembleRowProof, type ElementOpening, elementsOfRow, readRow } from '../../node/protocol/blob-row.ts'
import { type PublishedBlock, type QueueReader, queueIndexOf, type Verdict } from '../../node/protocol/block.ts'
import { concat } from '../../node/protocol/bytes.ts'
import { keccak } from '../../node/protocol/hash.ts'
import type { SealedHeader } from '../../node/protocol/header.ts'
import { type Hash, toBytes } from '../../node/protocol/ids.ts'
import type { Problem } from '../../node/protocol/problems.ts'
import type { QueuePlace } from '../../node/protocol/queue.ts'
import type { WholeBlock } from '../../node/protocol/replay.ts'
import { requestLeaf, requestProofs } from '../../node/protocol/requests.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import type { State } from '../../node/protocol/state.ts'
import { queueIndexes, readLanes } from '../../node/protocol/step.ts'
import { splitPosted, traceOf, traceProof } from '../../node/protocol/trace.ts'
import { verifyPacked } from '../../node/protocol/verify.ts'
import { inTurns } from '../../node/turns.ts'

/** The block that a wrong block builds on, with the true state after it. */
export type RefutationParent = { readonly sealed: SealedHeader; readonly state: State }

/** Opens elements of blobs by their numbers, in the order asked: seconds of work where they are many. */
export type Opener = (blobs: readonly Uint8Array[], elements: readonly number[]) => Promise<readonly ElementOpening[]>

type Wrong = Extract<Verdict, { verdict: 'invalid' }>

/** What a block in blobs states beside the state of a row: nothing has to be replayed to see that it is wrong. */
const MISSTATED: ReadonlySet<Problem> = new Set(['WrongEnd', 'WrongEntry', 'WrongRequests', 'OtherRequest'])

/**
 * The refutation of a block by its first wrong step, which the verdict of a replay names. Steps in blobs are replayed up to there in turns with
 * everything else. Throws what `open` throws, and the signal's reason.
 */
export async function refuteStep(
  rules: Rules,
  parent: RefutationParent,
  block: WholeBlock,
  queue: QueueReader,
  wrong: Wrong,
  open: Opener,
  signal?: AbortSignal,
): Promise<Refutation> {
  if (!('blobs' in block)) return refutePosted(rules, parent, block, queue, wrong)
  const { step: index, problem } = wrong
  const { header } = parent.sealed
  const before = await inTurns(stateBefore(rules, parent, block, index), signal)
  const place = readLanes(header.lanes, splitHead(block).entries).places[index]
  const forced = problem === 'WrongVoid' ? forcedAt(queue, place) : undefined
  const scene = { parent: parent.sealed, block }
  return await proveRow(rules, scene, before, index, open, { problem, ...(forced ? { forced } : {}) })
}

/** The same of a block in calldata. */
export function refutePosted(
  rules: Rules,
  parent: RefutationParent,
  block: PublishedBlock,
  queue: QueueReader,
  { step: wrong, problem }: Wrong,
): Refutation {
  const { steps } = splitPosted(block)
  const before = replayed(rules, parent, steps.slice(0, wrong))
  const place = readLanes(parent.sealed.header.lanes, steps).places[wrong]
  const forced = problem === 'WrongVoid' ? forcedAt(queue, place) : undefined
  return proveStep(rules, { parent: parent.sealed, block }, before, wrong, forced)
}

/**
 * The arguments with which the bridge replays one step of a block in calldata, right or wrong, on `before`, the true state before it.
 * `forced` is the transaction that the step calls void and that is to be replayed in its place.
 * Throws `RangeError` if the block has no such step.
 */
export function proveStep(
  rules: Rules,
  { parent, block }: { readonly parent: SealedHeader; readonly block: PublishedBlock },
  before: State,
  index: number,
  forced?: Uint8Array,
): Refutation {
  const { steps, states } = splitPosted(block)
  const leaves = traceOf(steps, states)
  const step = steps[index]
  const state = states[index]
  if (step === undefined || state === undefined) throw new RangeError(`the block has no step ${index}`)
  const [previousStep, previousState] = [steps[index - 1], states[index - 1]]
  const openingOf = (each: Hash, place: number) => [toBytes(each), ...traceProof(leaves, place).map(toBytes)]
  const previous = previousStep && previousState ? [keccak(previousStep), ...openingOf(previousState, index - 1)] : []
  const witness = witnessOf(rules, before, queueIndexOf(parent.header, block.sealed.header, index), step, forced)
  const opening = concat(...openingOf(state, index), ...previous)
  const proof = { index, hashes: [], step, opening, witness, ...(forced ? { forced } : {}) }
  return { block: block.sealed, parent, proof }
}

/**
 * The same of a row in blobs. Where `problem` is one of what the row states beside its state, nothing is replayed. Throws what `open` throws.
 */
export async function proveRow(
  rules: Rules,
  { parent, block }: { readonly parent: SealedHeader; readonly block: BlobBlock },
  before: State,
  index: number,
  open: Opener,
  { problem, forced }: { readonly problem?: Problem; readonly forced?: Uint8Array } = {},
): Promise<Refutation> {
  const { blobs, hashes, sealed } = block
  const { stepCount } = sealed.header
  const row = readRow(blobs, stepCount, index)
  const { entries, step } = elementsOfRow(blobs, stepCount, index)
  const elements = [...entries, ...step]
  const opened = await open(blobs, elements)
  const byElement = new Map(elements.map((element, i) => [element, opened[i]]))
  const { content, openings } = assembleRowProof(blobs, stepCount, index, (element) => {
    const opening = byElement.get(element)
    if (opening === undefined) throw new RangeError(`element ${element} was not opened`)
    return opening
  })
  const isReplayed = row.step !== undefined && !(problem && MISSTATED.has(problem))
  const witness = isReplayed
    ? witnessOf(rules, before, queueIndexOf(parent.header, sealed.header, index), row.step, forced)
    : new Uint8Array()
  const request = problem === 'OtherRequest' ? requestAt(block, row.before?.requests ?? 0) : undefined
  const proof = { index, hashes, step: content, opening: openings, witness }
  return { block: sealed, parent, proof: { ...proof, ...(forced ? { forced } : {}), ...(request ? { request } : {}) } }
}

function replayed(rules: Rules, { sealed, state }: RefutationParent, steps: readonly Uint8Array[]): State {
  const indexes = queueIndexes(sealed.header.lanes, steps)
  const apply = (before: State, step: Uint8Array, i: number) => applyStep(rules, before, indexes[i] ?? 0n, step).state
  return steps.reduce(apply, state)
}

/** The state before a step of a block in blobs, all steps before which are right: so each has a shape. */
function* stateBefore(
  rules: Rules,
  { sealed, state: ground }: RefutationParent,
  { blobs, sealed: own }: BlobBlock,
  index: number,
): Generator<undefined, State, void> {
  let state = ground
  for (let i = 0; i < index; i++) {
    const step = readRow(blobs, own.header.stepCount, i).step ?? new Uint8Array()
    state = applyStep(rules, state, queueIndexOf(sealed.header, own.header, i), step).state
    yield
  }
  return state
}

/** The leaf of the head's request `number` in its block, and its siblings. */
function requestAt(block: BlobBlock, number: number): Hash[] | undefined {
  const { requests } = splitHead(block)
  const asked = requests[number]
  return asked && [requestLeaf(asked), ...(requestProofs(requests)[number] ?? [])]
}

function witnessOf(
  rules: Rules,
  before: State,
  queueIndex: bigint,
  step: Uint8Array,
  forced: Uint8Array | undefined,
): Uint8Array {
  const witness: Witness = []
  if (forced === undefined) applyStep(rules, before, queueIndex, step, witness)
  else {
    const verified = verifyPacked(rules, forced)
    if (typeof verified !== 'string') applyTransaction(before, verified, witness)
  }
  return concat(...witness)
}

/** The transaction of a void step that was judged: it was in the queue then. */
function forcedAt(queue: QueueReader, place: QueuePlace | undefined): Uint8Array {
  const entry = place && queue(place)
  if (entry?.kind !== 'forced') throw new RangeError(`entry ${place?.index} is not a forced transaction`)
  return entry.packed
}
