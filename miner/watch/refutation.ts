// The proof that a block is wrong: finds its first wrong step by replay, and builds the one call of the bridge that kills it.

import type { Refutation } from '../../node/ethereum/refute-call.ts'
import { applyStep, applyTransaction, type Witness } from '../../node/protocol/apply.ts'
import { depositIndex, type PublishedBlock, type QueueReader, type Verdict } from '../../node/protocol/block.ts'
import { concat } from '../../node/protocol/bytes.ts'
import { keccak } from '../../node/protocol/hash.ts'
import type { SealedHeader } from '../../node/protocol/header.ts'
import { toHash } from '../../node/protocol/ids.ts'
import type { QueuePlace } from '../../node/protocol/queue.ts'
import type { Rules } from '../../node/protocol/rules.ts'
import type { State } from '../../node/protocol/state.ts'
import { readLanes, splitSteps } from '../../node/protocol/step.ts'
import { splitPosted, traceOf, traceProof } from '../../node/protocol/trace.ts'
import { verifyPacked } from '../../node/protocol/verify.ts'

/** The block that a wrong block builds on, with the true state after it. */
export type RefutationParent = { readonly sealed: SealedHeader; readonly state: State }

/** The refutation of a block by its first wrong step, which the verdict of `replayBlock` names. */
export function refuteStep(
  rules: Rules,
  parent: RefutationParent,
  block: PublishedBlock,
  queue: QueueReader,
  { step: wrong, problem }: Extract<Verdict, { verdict: 'invalid' }>,
): Refutation {
  const { header } = parent.sealed
  const steps = splitSteps(block.steps)
  const before = steps
    .slice(0, wrong)
    .reduce((state, step, i) => applyStep(rules, state, depositIndex(header, i), step).state, parent.state)
  const place = readLanes(header.lanes, steps).places[wrong]
  const forced = problem === 'WrongVoid' ? forcedAt(queue, place) : undefined
  return proveStep(rules, { parent: parent.sealed, block }, before, wrong, forced)
}

/**
 * The arguments with which the bridge replays one step, right or wrong, on `before`, the true state before it.
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
  const witness: Witness = []
  if (forced === undefined) applyStep(rules, before, depositIndex(parent.header, index), step, witness)
  else {
    const verified = verifyPacked(rules, forced)
    if (typeof verified !== 'string') applyTransaction(before, verified, witness)
  }
  return {
    block: block.sealed,
    parent,
    proof: {
      index,
      step,
      state,
      siblings: traceProof(leaves, index),
      ...(previousStep && previousState
        ? {
            previous: {
              stepHash: toHash(keccak(previousStep)),
              state: previousState,
              siblings: traceProof(leaves, index - 1),
            },
          }
        : {}),
      witness: concat(...witness),
      ...(forced ? { forced } : {}),
    },
  }
}

/** The transaction of a void step that was judged: it was in the queue then. */
function forcedAt(queue: QueueReader, place: QueuePlace | undefined): Uint8Array {
  const entry = place && queue(place)
  if (entry?.kind !== 'forced') throw new RangeError(`entry ${place?.index} is not a forced transaction`)
  return entry.packed
}
